"""Where synthetic learners work: countries with their municipalities, the larger ones first.

What stands before a semicolon are the places of a small instance: 40 municipalities in 12 countries. All of them, with their
departments, are some 3,000 organisations.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

DEPARTMENTS = (
    "Housing",
    "Mobility",
    "Social services",
    "Finance",
    "Culture",
    "Digital services",
    "Public health",
    "Planning",
    "Environment",
    "Youth",
    "Civil protection",
    "Markets and trade",
)
NETWORKS = {  # within a country: a name and who is in it
    "Tunisia": ("Coastal cities of Tunisia", ("Sfax", "Sousse", "Bizerte", "Gabès", "Monastir", "Mahdia", "Nabeul")),
    "Colombia": ("Caribbean cities of Colombia", ("Barranquilla", "Cartagena", "Santa Marta")),
    "South Africa": (
        "Metropolitan municipalities of South Africa",
        ("eThekwini", "Johannesburg", "Tshwane", "Cape Town", "Ekurhuleni", "Nelson Mandela Bay", "Mangaung", "Buffalo City"),
    ),
    "Kenya": ("Lake cities of Kenya", ("Kisumu",)),
}
_TABLE = """
Tunisia | arabic | Tunis, Sfax, La Marsa, Sousse; Bizerte, Kairouan, Gabès, Ariana, Gafsa, Monastir, Ben Arous, Nabeul, Béja, Médenine, Mahdia
Colombia | spanish | Bogotá, Medellín, Barranquilla, Cali; Cartagena, Cúcuta, Bucaramanga, Pereira, Santa Marta, Ibagué, Pasto, Manizales, Neiva, Villavicencio, Armenia
South Africa | southern | eThekwini, Johannesburg, Tshwane, Cape Town; Ekurhuleni, Nelson Mandela Bay, Mangaung, Buffalo City, Msunduzi, Polokwane, Mbombela, Rustenburg, Emfuleni, George, Drakenstein
Spain | spanish | Barcelona, Madrid, València; Sevilla, Zaragoza, Málaga, Murcia, Bilbao, Valladolid, Vitoria-Gasteiz, Gijón, Terrassa, Granada, Pamplona, Girona
Mexico | spanish | Mexico City, Guadalajara, Mérida; Monterrey, Puebla, Tijuana, León, Zapopan, Querétaro, Toluca, Chihuahua, Morelia, Oaxaca de Juárez, Xalapa, San Luis Potosí
Kenya | eastern | Nairobi, Kisumu, Mombasa; Nakuru, Eldoret, Thika, Machakos, Nyeri, Kakamega, Kericho, Garissa, Meru, Embu, Malindi, Kitale
Uganda | eastern | Kampala, Jinja, Gulu; Mbarara, Mbale, Masaka, Entebbe, Lira, Arua, Fort Portal, Soroti, Hoima, Kabale, Tororo, Kasese
Peru | spanish | Lima, Arequipa, Cusco; Trujillo, Chiclayo, Piura, Iquitos, Huancayo, Tacna, Puno, Ayacucho, Cajamarca, Huánuco, Ica, Tarapoto
Türkiye | turkish | Kartal, Beşiktaş, Gaziantep; Çankaya, Konak, Nilüfer, Antalya, Konya, Mersin, Eskişehir, Samsun, Denizli, Trabzon, Kayseri, Hatay
Republic of Korea | korean | Seoul, Goyang, Busan; Incheon, Daegu, Suwon, Daejeon, Gwangju, Ulsan, Changwon, Seongnam, Jeonju, Cheongju, Jeju, Pohang
Portugal | portuguese | Lisbon, Porto, Braga; Vila Nova de Gaia, Amadora, Coimbra, Setúbal, Almada, Aveiro, Évora, Faro, Leiria, Viseu, Guimarães, Cascais
Lebanon | arabic | Beirut, Tripoli, Saida, Tyre; Zahlé, Jounieh, Baalbek, Nabatieh, Byblos, Batroun, Aley, Zgharta, Jezzine, Bint Jbeil, Chtaura
Morocco | arabic | Casablanca, Rabat, Fès, Marrakech, Tanger, Agadir, Meknès, Oujda, Kénitra, Tétouan, Salé, Nador, Safi, El Jadida, Essaouira
Egypt | arabic | Cairo, Alexandria, Giza, Port Said, Suez, Mansoura, Tanta, Asyut, Ismailia, Faiyum, Zagazig, Aswan, Damietta, Minya, Luxor
Jordan | arabic | Amman, Zarqa, Irbid, Aqaba, Madaba, Salt, Karak, Mafraq, Jerash, Ajloun, Tafila, Ma'an, Sahab, Ramtha, Russeifa
Senegal | western | Dakar, Thiès, Touba, Pikine, Saint-Louis, Rufisque, Kaolack, Ziguinchor, Mbour, Diourbel, Louga, Tambacounda, Kolda, Guédiawaye, Fatick
Côte d'Ivoire | western | Abidjan, Bouaké, Yamoussoukro, Daloa, Korhogo, San-Pédro, Cocody, Man, Gagnoa, Abobo, Divo, Bondoukou, Yopougon, Odienné, Grand-Bassam
Burkina Faso | western | Ouagadougou, Bobo-Dioulasso, Koudougou, Banfora, Ouahigouya, Kaya, Fada N'Gourma, Tenkodogo, Dédougou, Ziniaré, Gaoua, Dori, Houndé, Léo, Pô
Benin | western | Cotonou, Porto-Novo, Parakou, Abomey-Calavi, Djougou, Bohicon, Natitingou, Ouidah, Lokossa, Kandi, Abomey, Savalou, Malanville, Sèmè-Podji, Nikki
Cameroon | western | Douala, Yaoundé, Garoua, Bamenda, Bafoussam, Maroua, Ngaoundéré, Bertoua, Kribi, Limbe, Buea, Ebolowa, Kumba, Edéa, Dschang
Ghana | gulf | Accra, Kumasi, Tamale, Sekondi-Takoradi, Tema, Cape Coast, Sunyani, Koforidua, Ho, Wa, Bolgatanga, Obuasi, Techiman, Nkawkaw, Winneba
Nigeria | gulf | Lagos, Kano, Ibadan, Abuja, Port Harcourt, Benin City, Kaduna, Enugu, Jos, Ilorin, Abeokuta, Calabar, Owerri, Akure, Maiduguri
Tanzania | eastern | Dar es Salaam, Mwanza, Dodoma, Arusha, Mbeya, Morogoro, Tanga, Zanzibar, Moshi, Tabora, Kigoma, Iringa, Songea, Mtwara, Bukoba
Rwanda | eastern | Kigali, Huye, Musanze, Rubavu, Muhanga, Rwamagana, Karongi, Nyagatare, Rusizi, Ruhango, Bugesera, Kayonza, Gicumbi, Nyanza, Kirehe
Mozambique | portuguese | Maputo, Matola, Beira, Nampula, Quelimane, Tete, Chimoio, Pemba, Xai-Xai, Nacala, Inhambane, Lichinga, Maxixe, Dondo, Gurúè
Brazil | portuguese | São Paulo, Rio de Janeiro, Belo Horizonte, Salvador, Fortaleza, Recife, Curitiba, Porto Alegre, Belém, Manaus, Goiânia, Florianópolis, Natal, Niterói, Contagem
Argentina | spanish | Buenos Aires, Córdoba, Rosario, Mendoza, La Plata, Mar del Plata, Salta, Santa Fe, San Juan, Neuquén, Paraná, Tandil, Bahía Blanca, Quilmes, Ushuaia
Chile | spanish | Santiago, Valparaíso, Concepción, Antofagasta, Temuco, Viña del Mar, Rancagua, Iquique, Talca, Arica, Puerto Montt, Valdivia, Renca, La Serena, Punta Arenas
Ecuador | spanish | Quito, Guayaquil, Cuenca, Ambato, Portoviejo, Machala, Manta, Loja, Riobamba, Ibarra, Esmeraldas, Latacunga, Tulcán, Puyo, Otavalo
Bolivia | spanish | La Paz, Santa Cruz de la Sierra, Cochabamba, El Alto, Sucre, Oruro, Tarija, Potosí, Sacaba, Trinidad, Montero, Quillacollo, Viacha, Cobija, Villazón
Uruguay | spanish | Montevideo, Salto, Paysandú, Maldonado, Rivera, Canelones, Tacuarembó, Melo, Mercedes, Artigas, Minas, Durazno, Florida, Rocha, Treinta y Tres
Costa Rica | spanish | San José, Alajuela, Cartago, Heredia, Liberia, Puntarenas, Limón, Desamparados, Curridabat, Escazú, Santa Ana, Nicoya, Turrialba, Belén, Goicoechea
France | french | Paris, Lyon, Marseille, Nantes, Lille, Strasbourg, Bordeaux, Grenoble, Rennes, Montreuil, Montpellier, Dunkerque, Le Havre, Brest, Mulhouse
Italy | italian | Roma, Milano, Torino, Bologna, Napoli, Firenze, Palermo, Genova, Bari, Venezia, Reggio Emilia, Parma, Trento, Lecce, Ancona
India | indian | Kochi, Pune, Ahmedabad, Bengaluru, Chennai, Indore, Surat, Jaipur, Bhubaneswar, Nagpur, Lucknow, Coimbatore, Shimla, Guwahati, Panaji
Nepal | indian | Kathmandu, Lalitpur, Pokhara, Bharatpur, Biratnagar, Birgunj, Dharan, Butwal, Hetauda, Janakpur, Dhangadhi, Itahari, Nepalgunj, Kirtipur, Bhaktapur
Bangladesh | bengali | Dhaka North, Dhaka South, Chattogram, Khulna, Rajshahi, Sylhet, Barishal, Rangpur, Mymensingh, Cumilla, Gazipur, Narayanganj, Bogura, Jashore, Cox's Bazar
Indonesia | malay | Jakarta, Surabaya, Bandung, Makassar, Semarang, Medan, Palembang, Yogyakarta, Denpasar, Malang, Banda Aceh, Surakarta, Balikpapan, Padang, Ambon
Philippines | philippine | Quezon City, Manila, Davao City, Cebu City, Makati, Iloilo City, Pasig, Zamboanga City, Baguio, Bacolod, Tacloban, Naga, Marikina, Cagayan de Oro, Valenzuela
Malaysia | malay | Kuala Lumpur, George Town, Petaling Jaya, Johor Bahru, Ipoh, Kuching, Kota Kinabalu, Melaka, Shah Alam, Seberang Perai, Kuantan, Seremban, Alor Setar, Miri, Sibu
"""  # noqa: E501  a country a line is read more easily


@dataclass(frozen=True, slots=True)
class Country:
    """``region`` is whose names are given there, ``few`` how many of the municipalities a small instance has."""

    name: str
    region: str
    municipalities: tuple[str, ...]
    few: int


@cache
def countries() -> tuple[Country, ...]:
    return tuple(_country(line) for line in _TABLE.strip().splitlines())


def _country(line: str) -> Country:
    name, region, cities = line.split(" | ")
    few, mark, rest = cities.partition("; ")
    if not mark:
        return Country(name, region, tuple(cities.split(", ")), 0)
    early = tuple(few.split(", "))
    return Country(name, region, (*early, *rest.split(", ")), len(early))
