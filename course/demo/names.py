"""What synthetic learners are called: given and family names by region, some in their own script."""

from __future__ import annotations

from functools import cache
from random import Random

TWO_FAMILY_NAMES = {"spanish", "portuguese"}
_TABLE = """
arabic | Amina, Youssef, Layla, Karim, Noor, Salma, Mehdi, Rania, Walid, Hanan, Omar, Yasmine, Tarek, Fatma, Bilal, Zeinab, Anis, Mariam, ليلى, سامي, هدى, يوسف | Ben Salah, Trabelsi, Haddad, Khoury, Mansour, Benali, El Amrani, Chaabane, Nasser, Gharbi, Saleh, Bouazizi, Farah, Hamdan, El Fassi, Jaber, Mahmoud, Ziadé, Tazi, Kanaan, منصور, حداد, خليل, سالم
spanish | Camila, Andrés, Marta, Jordi, Ximena, Luis, Rosa, Mateo, Lucía, Diego, Valentina, Javier, Carmen, Sergio, Paula, Álvaro, Julieta, Emilio, Sofía, Raúl, Inés, Tomás, Noelia, Iker | Restrepo, Gómez, Ferrer, Vidal, Hernández, Ruiz, Quispe, Flores, Rojas, Castillo, Muñoz, Salazar, Mamani, Peña, Ibáñez, Vargas, Ortega, Zúñiga, Cárdenas, Soto, Paredes, Molina, Acosta, Etxeberria
southern | Thandiwe, Sipho, Nomsa, Themba, Lerato, Kagiso, Naledi, Bongani, Anele, Zanele, Pieter, Priya, Fatima, Mandla, Refilwe, Siyabonga, Elna, Tumelo | Dlamini, Naidoo, Nkosi, Mokoena, van Wyk, Botha, Khumalo, Pillay, Molefe, Ndlovu, Jacobs, Mthembu, Adams, Sithole, Mahlangu, Govender, Zulu, Radebe
eastern | Wanjiru, Otieno, Nakato, Okello, Achieng, Kamau, Neema, Juma, Amani, Zawadi, Baraka, Wambui, Kato, Uwase, Mugisha, Asha, Hassan, Njeri, Kiprop, Ingabire | Mwangi, Achieng, Ssebunya, Apio, Ochieng, Kimani, Mushi, Mrema, Nsubuga, Habimana, Uwimana, Kiptoo, Odhiambo, Nyambura, Mwakasege, Tumusiime, Abdi, Mugabo, Wekesa, Akello
turkish | Elif, Emre, Zeynep, Mehmet, Ayşe, Can, Defne, Kerem, Selin, Burak, Esra, Mert, Fatma, Onur, Gül, Cem, Hülya, Ozan | Yılmaz, Demir, Kaya, Şahin, Çelik, Öztürk, Aydın, Arslan, Doğan, Koç, Kurt, Özdemir, Polat, Güneş, Erdoğdu, Taş, Aksoy, Işık
korean | Ji-woo, Min-jun, Seo-yeon, Ha-eun, Do-yun, Hyun-woo, Su-bin, Ye-jin, Jun-seo, Eun-ji, Tae-yang, Bo-ra, 지우, 서연, 민준, 하은 | Kim, Park, Lee, Choi, Jung, Kang, Cho, Yoon, Jang, Lim, Han, Oh, Seo, Shin, Kwon, Hwang, 김, 박, 이, 최
portuguese | Inês, João, Beatriz, Tiago, Mariana, Rui, Catarina, Gonçalo, Luana, Thiago, Ana, Caio, Teresa, Nuno, Helena, Otávio, Graça, Armando, Celeste, Davi | Almeida, Costa, Ferreira, Carvalho, Machel, Nogueira, Lopes, Ribeiro, Teixeira, Cunha, Barbosa, Pereira, Sitoe, Macuácua, Rocha, Moreira, Fonseca, Queiroz, Brandão, Leal
western | Awa, Moussa, Fatou, Ibrahima, Aïssatou, Koffi, Adjoa, Mamadou, Aminata, Issa, Mariama, Yao, Rokhaya, Salif, Clémence, Rodrigue, Aïcha, Boubacar | Diop, Ndiaye, Koné, Ouédraogo, Traoré, Sow, Kouassi, Hounkpatin, Fall, Ba, Sawadogo, Adjovi, Mbarga, Nkoulou, Yao, Zongo, Diallo, Tchoumi
gulf | Ama, Kwame, Chidinma, Emeka, Yaa, Kofi, Ngozi, Tunde, Abena, Babatunde, Halima, Musa, Esi, Ifeoma, Kwesi, Folake, Aisha, Obinna | Mensah, Owusu, Okafor, Adeyemi, Boateng, Asante, Balogun, Eze, Danjuma, Osei, Abubakar, Nwosu, Appiah, Ogunleye, Addo, Bello, Agyeman, Ibekwe
french | Chloé, Antoine, Léa, Mathieu, Camille, Nicolas, Siân, Amélie, Julien, Manon, Karim, Élodie, Thomas, Inaya, Hugo, Maëlle, Yanis, Clément | Martin, Bernard, Lefèvre, Moreau, Garnier, Le Goff, Benoît, Roussel, Fontaine, Mercier, Diarra, Chevalier, Perrin, Nguyen, Renaud, Gauthier, Haddad, Colin
italian | Giulia, Marco, Chiara, Luca, Francesca, Matteo, Elena, Davide, Sara, Andrea, Martina, Paolo, Ilaria, Stefano, Alice, Nicolò | Rossi, Ferrari, Bianchi, Romano, Ricci, Marino, Greco, Conti, Esposito, De Luca, Gallo, Costa, Fontana, Moretti, Barbieri, D'Angelo
indian | Anjali, Rahul, Kavita, Arjun, Meera, Suresh, Deepa, Vikram, Sunita, Bikash, Lakshmi, Ravi, Pooja, Sanjay, Nisha, Prakash, Sita, Anil | Nair, Patel, Sharma, Iyer, Reddy, Kulkarni, Thapa, Gurung, Shrestha, Das, Menon, Joshi, Tamang, Deshmukh, Mohanty, Adhikari, Rai, Singh
bengali | Nusrat, Tanvir, Farzana, Rashed, Shirin, Imran, Sabina, Mahbub, Tasnim, Arif, Rupa, Kamal, Jannat, Shahin, Mitu, Rafiq | Rahman, Hossain, Akter, Chowdhury, Islam, Sarkar, Ahmed, Khatun, Mia, Talukder, Das, Biswas, Haque, Sultana, Uddin, Begum
malay | Siti, Budi, Dewi, Agus, Nurul, Rizal, Putri, Hendra, Ayu, Farid, Mei Ling, Wei Jie, Indah, Bayu, Aisyah, Faisal, Ratna, Dimas | Santoso, Wijaya, Abdullah, Rahmawati, Hidayat, Tan, Lim, Ismail, Siregar, Pratama, Kusuma, Wong, Nasution, Halim, Lestari, Saputra, Othman, Simanjuntak
philippine | Maria, Jose, Angelica, Mark, Liza, Ramon, Jasmine, Paolo, Grace, Antonio, Divina, Rafael, Kristine, Joel, Luz, Miguel | Santos, Reyes, Cruz, Bautista, Garcia, Mendoza, Villanueva, Ramos, Dela Cruz, Aquino, Navarro, Salonga, Tolentino, Macaraeg, Pascual, Lim
"""  # noqa: E501  a region a line is read more easily


def name(region: str, chance: Random) -> str:
    given, families = _regions()[region]
    first = chance.choice(given)
    family = [one for one in families if _is_latin(one) == _is_latin(first)]
    return " ".join([first, *(chance.choice(family) for _ in range(2 if region in TWO_FAMILY_NAMES else 1))])


def _is_latin(text: str) -> bool:
    return text[0] < "\u0370"


@cache
def _regions() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    found = {}
    for line in _TABLE.strip().splitlines():
        region, given, family = line.split(" | ")
        found[region] = tuple(given.split(", ")), tuple(family.split(", "))
    return found
