"""Forms: labels and messages in words for the person, errors by their field, and a summary that takes the focus."""

from __future__ import annotations

from typing import Any, Self

from flask import request
from wtforms import Form as WTForm
from wtforms import PasswordField, SelectField, StringField, TextAreaField
from wtforms.fields import choices as field_choices
from wtforms.validators import ValidationError

from ..accounts import passwords, people
from ..accounts.names import clean_name

SelectChoice: Any = field_choices.SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
LONG_ENOUGH = "At least 15 characters. Four or five unrelated words are easy to remember."
LONGEST = {"email": 254, "name": 200, "municipality": 160, "department": 160}


class Form(WTForm):
    """A form filled from the request. Whether the request is ours is decided once, by the guard, not here."""

    @classmethod
    def of_request(cls, **kwargs: Any) -> Self:
        return cls(request.form if request.method == "POST" else None, **kwargs)

    def is_sent_right(self) -> bool:
        return request.method == "POST" and bool(self.validate())


def needed(message: str) -> Any:
    """Refuses a field that is empty, or holds nothing that can be seen, with a message that says what to do."""

    def check(_form: Form, field: Any) -> None:
        if not clean_name(field.data or ""):
            raise ValidationError(message)

    return check


def at_most(length: int) -> Any:
    def check(_form: Form, field: Any) -> None:
        if len(field.data or "") > length:
            raise ValidationError(f"Use at most {length} characters; these are {len(field.data)}.")

    return check


def is_address(_form: Form, field: Any) -> None:
    if not people.is_address(field.data or ""):
        raise ValidationError("Write an address such as name@city.org.")


def is_new_password(form: Form, field: Any) -> None:
    email = getattr(getattr(form, "email", None), "data", "") or ""
    name = getattr(getattr(form, "name", None), "data", "") or ""
    refused = passwords.refusal(field.data or "", email=email, name=name)
    if refused:
        raise ValidationError(refused)


def has_letters(_form: Form, field: Any) -> None:
    if not clean_name(field.data or ""):
        raise ValidationError("Write your name as it should stand on the certificate.")


class EmailField(StringField):
    pass


def email_field(label: str = "E-mail address") -> Any:
    return EmailField(
        label,
        [needed("Write your e-mail address."), at_most(people.LONGEST_ADDRESS), is_address],
        render_kw={"type": "email", "autocomplete": "email", "inputmode": "email", "dir": "ltr"},
    )


def password_field(label: str, *, missing: str = "Write your password.") -> Any:
    return PasswordField(
        label, [needed(missing), at_most(passwords.LONGEST_TYPED)], render_kw={"autocomplete": "current-password"}
    )


def new_password_field(label: str = "Password", description: str = "") -> Any:
    return PasswordField(
        label,
        [needed("Choose a password."), at_most(passwords.LONGEST_TYPED), is_new_password],
        description=description,
        render_kw={"autocomplete": "new-password"},
    )


class SignInForm(Form):
    email = email_field()
    password = password_field("Password")


class RegisterForm(Form):
    name = StringField(
        "Your name",
        [has_letters, at_most(200)],
        description="As it should stand on the certificate, in any script.",
        render_kw={"autocomplete": "name"},
    )
    email = email_field()
    country = SelectField(
        "Country", [needed("Choose the country of your municipality.")], render_kw={"autocomplete": "country"}
    )
    municipality = StringField(
        "Municipality",
        [needed("Write the municipality or organisation that you work for."), at_most(160)],
        description="Choose it from the list if it is offered.",
        render_kw={"list": "municipalities", "autocomplete": "organization"},
    )
    department = StringField("Department", [at_most(160)], description="Leave it empty if there is none.")
    password = new_password_field(description=LONG_ENOUGH)


class FirstAdministratorForm(Form):
    name = StringField("Your name", [has_letters, at_most(200)], render_kw={"autocomplete": "name"})
    email = email_field()
    password = new_password_field(description=LONG_ENOUGH)


class ResetForm(Form):
    email = email_field()


class NewPasswordForm(Form):
    password = new_password_field("New password", "At least 15 characters. Every sign-in of yours ends when you change it.")


class ProfileForm(Form):
    name = StringField("Your name", [has_letters, at_most(200)], render_kw={"autocomplete": "name"})
    language = SelectField("Language")


class PasswordForm(Form):
    current_password = password_field("Current password", missing="Write your current password.")
    new_password = new_password_field("New password", LONG_ENOUGH)


class DeleteForm(Form):
    current_password = password_field("Password")


class OrganisationForm(Form):
    name = StringField("Name", [needed("Write the name of the organisation."), at_most(160)])
    kind = SelectField(
        "Kind",
        choices=[
            SelectChoice("country", "Country"),
            SelectChoice("network", "Network"),
            SelectChoice("municipality", "Municipality"),
            SelectChoice("department", "Department"),
        ],
    )
    parent = SelectField("Stands below")


class NameForm(Form):
    name = StringField("Name", [needed("Write a name for the cohort, such as Intake of March 2026."), at_most(160)])


class CohortForm(NameForm):
    organisation = SelectField(
        "Organisation",
        description="The cohort is kept by whoever reads the report of this organisation, or of one above it.",
    )


class AddressesForm(Form):
    addresses = TextAreaField(
        "E-mail addresses",
        description="One a line, or separated by commas or semicolons. A table may be pasted too.",
        render_kw={"rows": "8", "dir": "ltr", "spellcheck": "false"},  # a browser that goes back still has it
    )


def is_whole_percent(_form: Form, field: Any) -> None:
    text = (field.data or "").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 5) or int(text) > 400:
        raise ValidationError("Write a whole number from 0 to 400, such as 50 for half as long again.")


class ExtraTimeForm(Form):
    extra_time = StringField(
        "Extra time, in percent",
        [is_whole_percent],
        description="Added to every time limit of a quiz: 50 makes 20 minutes 30, and 0 is none. Open attempts get it too.",
        render_kw={"inputmode": "numeric", "class": "short", "autocomplete": "off"},
    )


class WhyForm(Form):
    why = StringField(
        "Why",
        [needed("Write why: it stands in the record of changes."), at_most(300)],
        description="In a few words, such as: writes the module on housing from May on.",
        render_kw={"autocomplete": "off"},
    )


class MembershipForm(Form):
    organisation = SelectField("Add to", [needed("Choose the organisation.")])
    held = SelectField(
        "As",
        id="held",
        name="role",
        choices=[SelectChoice("member", "member"), SelectChoice("manager", "manager, who reads its report")],
    )
    because = StringField(
        "Why",
        [at_most(300)],
        id="because",
        name="why",
        description="It stands in the record of changes; it may be left empty.",
        render_kw={"autocomplete": "off"},
    )


class RegradeForm(Form):
    item = SelectField("Item", [needed("Choose the item.")])
    rule = SelectField(
        "Rule",
        [needed("Choose what is done.")],
        choices=[
            SelectChoice("new_key", "New key: grade again with the key that is published now"),
            SelectChoice("accept", "Accept one more response"),
            SelectChoice("drop", "Drop the item: it counts for nobody"),
            SelectChoice("full_marks", "Full marks for everybody"),
        ],
    )
    response = StringField(
        "Response to accept",
        [at_most(500)],
        description="For this rule only. Choice ids with commas between them; row=choice with semicolons; or the text itself.",
        render_kw={"autocomplete": "off"},
    )
    why = StringField(
        "Why",
        [needed("Write why: learners read it beside their new score."), at_most(300)],
        description="In one or two sentences. Learners read it beside their new score.",
    )


class UndoForm(Form):
    why = StringField(
        "Why it is undone",
        [needed("Write why: learners read it beside their score."), at_most(300)],
        description="Learners read it beside their score.",
    )
