"""What stands over the columns of CSV and XLSX: their names, which programs read, or words in a language to choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

LANGUAGES = {"en": "English", "es": "Español", "fr": "Français", "ar": "العربية"}
RIGHT_TO_LEFT = {"ar"}
WORDS: Mapping[str, tuple[str, str, str, str]] = {  # in the order of LANGUAGES
    "about": ("About", "Acerca de", "À propos de", "بخصوص"),
    "active_minutes": ("Active minutes", "Minutos activos", "Minutes actives", "الدقائق النشطة"),
    "attempt": ("Attempt", "Intento", "Tentative", "المحاولة"),
    "began": ("Began", "Comenzaron", "Ont commencé", "بدأوا"),
    "certificates": ("Certificates", "Certificados", "Certificats", "الشهادات"),
    "choice": ("Choice", "Opción", "Choix", "الخيار"),
    "closed_at": ("Closed at (UTC)", "Cerrado el (UTC)", "Clôturée le (UTC)", "تاريخ الإغلاق (UTC)"),
    "completed": ("Completed", "Completaron", "Ont terminé", "أكملوا"),
    "completed_at": ("Completed at (UTC)", "Completado el (UTC)", "Terminé le (UTC)", "تاريخ الإكمال (UTC)"),
    "done": ("Done", "Hechas", "Faites", "منجزة"),
    "email": ("E-mail", "Correo electrónico", "Courriel", "البريد الإلكتروني"),
    "enrolled": ("Enrolled", "Inscritos", "Inscrits", "المسجلون"),
    "enrolled_at": ("Enrolled at (UTC)", "Inscrito el (UTC)", "Inscrit le (UTC)", "تاريخ التسجيل (UTC)"),
    "figure": ("Figure", "Cifra", "Chiffre", "المقياس"),
    "high": ("High", "Límite superior", "Borne haute", "الحد الأعلى"),
    "is_key": ("Is the key", "Es la clave", "Est la clé", "هل هو المفتاح"),
    "item": ("Item", "Ítem", "Item", "البند"),
    "kind": ("Kind", "Tipo", "Type", "النوع"),
    "last_at": ("Last seen at (UTC)", "Visto por última vez el (UTC)", "Vu la dernière fois le (UTC)", "آخر ظهور (UTC)"),
    "lesson": ("Lesson", "Lección", "Leçon", "الدرس"),
    "low": ("Low", "Límite inferior", "Borne basse", "الحد الأدنى"),
    "mean_score_percent": ("Mean score (%)", "Puntuación media (%)", "Score moyen (%)", "متوسط الدرجات (%)"),
    "median_days": ("Median days", "Mediana de días", "Médiane des jours", "وسيط الأيام"),
    "median_score_percent": ("Median score (%)", "Puntuación mediana (%)", "Score médian (%)", "وسيط الدرجات (%)"),
    "module": ("Module", "Módulo", "Module", "الوحدة"),
    "n": ("Attempts", "Intentos", "Tentatives", "المحاولات"),
    "name": ("Name", "Nombre", "Nom", "الاسم"),
    "not_started": ("Not started", "Sin comenzar", "Pas commencé", "لم يبدأوا"),
    "opened": ("Opened", "Abiertas", "Ouvertes", "مفتوحة"),
    "organisation": ("Organisation", "Organización", "Organisation", "المنظمة"),
    "organisations": ("Organisations", "Organizaciones", "Organisations", "المنظمات"),
    "passed": ("Passed", "Aprobaron", "Ont réussi", "نجحوا"),
    "passed_at": ("Passed at (UTC)", "Aprobado el (UTC)", "Réussi le (UTC)", "تاريخ النجاح (UTC)"),
    "percent": ("Progress (%)", "Progreso (%)", "Progression (%)", "التقدم (%)"),
    "prompt": ("Prompt", "Enunciado", "Énoncé", "نص البند"),
    "reason": ("Reason", "Motivo", "Raison", "السبب"),
    "score_percent": ("Score (%)", "Puntuación (%)", "Score (%)", "الدرجة (%)"),
    "since": ("Since (UTC)", "Desde (UTC)", "Depuis (UTC)", "منذ (UTC)"),
    "started": ("Started", "Comenzaron", "Ont commencé", "بدأوا"),
    "started_at": ("Started at (UTC)", "Comenzado el (UTC)", "Commencé le (UTC)", "تاريخ البدء (UTC)"),
    "stopped": ("Stopped here", "Se detuvieron aquí", "Se sont arrêtés ici", "توقفوا هنا"),
    "value": ("Value", "Valor", "Valeur", "القيمة"),
    "week": ("Week from", "Semana desde", "Semaine du", "الأسبوع من"),
}


def over(columns: Sequence[str], language: str) -> list[str]:
    """The headings of these columns; ``language`` empty gives their names."""
    if not language:
        return list(columns)
    place = list(LANGUAGES).index(language)
    return [WORDS[column][place] for column in columns]
