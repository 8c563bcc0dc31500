"""What a column of a class list means, guessed from its heading in six languages.

Owns: the fields a list may have, the headings that are understood, and which columns are left out
on purpose. Pure: headings in, meanings out. Does not know cells.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final


class Field(StrEnum):
    """What a column may hold; `first` and `last` together are a name."""

    NAME = "name"
    FIRST = "first"
    LAST = "last"
    CLASS = "class"
    REGISTER = "register"
    PIN = "pin"
    LANGUAGE = "language"
    TEACHER = "teacher"


SKIP: Final = "skip"
"""In a mapping: this column is not taken."""

_HEADINGS: Final[dict[Field, str]] = {
    Field.NAME: """name|full name|names|learner|learner name|pupil|pupil name|student|student name
        child
        jina|jina kamili|majina|mwanafunzi|jina la mwanafunzi
        nom|nom complet|nom et prenom|noms et prenoms|nom et prenoms|eleve|nom de l eleve
        nome|nome completo|aluno|aluna|nome do aluno
        nombre|nombre completo|alumno|alumna|estudiante|nombre del alumno|nombres y apellidos
        apellidos y nombres|اسم|الاسم الكامل|اسم الطالب|اسم التلميذ|الطالب|التلميذ""",
    Field.FIRST: """first|first name|given name|given names|forename|givenname|other names
        jina la kwanza|majina mengine
        prenom|prenoms
        primeiro nome|nome proprio
        nombres|primer nombre|nombre de pila
        الاسم الاول|الاسم الشخصي""",
    Field.LAST: """last|last name|surname|family name|familyname
        jina la mwisho|jina la ukoo|jina la familia|ukoo
        nom de famille
        apelido|apelidos|sobrenome|ultimo nome
        apellido|apellidos
        اسم العائلة|اللقب|النسب|الاسم العائلي|الاسم الاخير""",
    Field.CLASS: """class|class name|form|grade|stream|section|homeroom
        darasa|kidato|mkondo
        classe|niveau
        turma|classe|ano|serie
        clase|grado|curso|seccion
        الصف|الفصل|القسم|الشعبة""",
    Field.REGISTER: """register|register number|register no|registration number|reg no
        admission number|admission no|adm no|adm|student id|student number
        pupil number|learner id|learner number|id
        index number|upi|nemis upi|lin|roll number|roll no
        namba ya usajili|namba|nambari|nambari ya usajili|namba ya mwanafunzi
        matricule|numero matricule|n matricule|numero d inscription|identifiant
        matricula|numero|numero de matricula|n de matricula|numero do aluno|processo
        codigo|codigo del alumno|expediente|legajo
        رقم التسجيل|رقم القيد|رقم الطالب|الرقم""",
    Field.PIN: "pin|pin code|nambari ya siri|code pin|codigo pin|الرقم السري",
    Field.LANGUAGE: "language|lugha|langue|lingua|idioma|اللغة",
    Field.TEACHER: """teacher|class teacher|form teacher|mwalimu|mwalimu wa darasa
        enseignant|professeur|maitre|titulaire|professor|professora|diretor de turma
        profesor|profesora|maestro|docente|tutor
        المعلم|المدرس|الاستاذ""",
}
_LEFT_OUT: Final = """gender|sex|m f|jinsia|genre|sexe|genero|sexo|الجنس|النوع
    date of birth|birth date|birthdate|dob|birthday|age|tarehe ya kuzaliwa|umri
    date de naissance|ne le|nee le|data de nascimento|idade|fecha de nacimiento|edad
    تاريخ الميلاد|تاريخ الازدياد|العمر"""
_AMBIGUOUS: Final = frozenset({"name", "names", "jina", "nom", "nome", "nombre", "اسم"})
"""Whole names in one list, and one half of them in a list that has the other half beside it."""

LANGUAGES: Final[Mapping[str, str]] = {
    "en": "english|kiingereza|anglais|ingles|الانجليزية",
    "sw": "kiswahili|swahili|suahili|souahili|السواحيلية",
    "fr": "francais|french|kifaransa|frances|الفرنسية",
    "pt": "portugues|portuguese|kireno|portugais|البرتغالية",
    "es": "espanol|spanish|kihispania|espagnol|castellano|espanhol|الاسبانية",
    "ar": "arabic|kiarabu|arabe|العربية|عربي",
}
"""Codes of languages to their names, in the languages of the headings."""


def plain(text: str) -> str:
    """A heading for comparing: no case, accents, punctuation or Arabic articles."""
    bare = "".join(
        char if char.isalnum() else " "
        for char in unicodedata.normalize("NFKD", text.casefold())
        if not unicodedata.category(char).startswith("M")
    )
    return " ".join(_without_article(word) for word in bare.split())


def _without_article(word: str) -> str:
    return word[2:] if word.startswith("ال") and len(word) > 4 else word


def _spelled(table: str) -> list[str]:
    return [plain(each) for line in table.splitlines() for each in line.split("|") if each.strip()]


_MEANING: Final = {
    spelling: field for field, table in reversed(_HEADINGS.items()) for spelling in _spelled(table)
}
_LEFT: Final = frozenset(_spelled(_LEFT_OUT))
_HALF: Final = frozenset(map(plain, _AMBIGUOUS))
_CODES: Final = {name: code for code, names in LANGUAGES.items() for name in _spelled(names)}


def meaning_of(heading: str) -> Field | None:
    """What one heading means by itself; None when it is not understood or left out."""
    return _MEANING.get(plain(heading))


def is_left_out(heading: str) -> bool:
    """Whether a column is one that is not taken on purpose: gender, birth date, age."""
    return plain(heading) in _LEFT


def language_code(text: str) -> str | None:
    """The code of a language that is named or coded in a cell; None when it is not known."""
    word = plain(text)
    return word if word in LANGUAGES else _CODES.get(word)


def guess(headings: Sequence[str]) -> dict[int, Field]:
    """The meaning of each column that is understood, each meaning once: the first column has it.

    "Name" beside "Surname" is a first name, and "Nom" beside "Prénom" a last one.
    """
    places: dict[Field, int] = {}
    for place, heading in enumerate(headings):
        field = meaning_of(heading)
        if field is not None:
            places.setdefault(field, place)
    named = places.get(Field.NAME)
    if named is not None and plain(headings[named]) in _HALF:
        other = _other_half(places)
        if other is not None:
            places[other] = places.pop(Field.NAME)
    return {place: field for field, place in places.items()}


def _other_half(places: Mapping[Field, int]) -> Field | None:
    has_first, has_last = Field.FIRST in places, Field.LAST in places
    if has_first == has_last:
        return None
    return Field.LAST if has_first else Field.FIRST
