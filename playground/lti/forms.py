"""The form of a platform."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from playground.lti.models import Deployment, Platform

if TYPE_CHECKING:  # generic for the type checker only
    _Form = forms.ModelForm[Platform]
else:
    _Form = forms.ModelForm

_MOST_DEPLOYMENTS = 100


class PlatformForm(_Form):
    """A platform with its allowed deployments, one a line."""

    deployments = forms.CharField(
        label=_("Deployment IDs"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_(
            "One a line. An unknown one is refused at its first launch and then listed here, to be "
            "allowed."
        ),
    )

    class Meta:
        model = Platform
        fields = [
            "name",
            "issuer",
            "client_id",
            "login_url",
            "token_url",
            "keys_url",
            "deployments",
            "audience",
            "instructors",
            "is_active",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            allowed = self.instance.deployments.filter(allowed=True)
            self.initial["deployments"] = "\n".join(each.name for each in allowed)
            if self.instance.identities.exists():
                # Under other names its people would become each other.
                for name in ("issuer", "client_id"):
                    self.fields[name].disabled = True
                    self.fields[name].help_text = _("Somebody has come from it: fixed now.")

    def clean_deployments(self) -> list[str]:
        """Their names."""
        names = [each.strip() for each in self.cleaned_data["deployments"].splitlines()]
        found = list(dict.fromkeys(each for each in names if each))
        if len(found) > _MOST_DEPLOYMENTS or any(len(each) > 255 for each in found):
            raise forms.ValidationError(_("At most 100 IDs of 255 characters."))
        return found

    def save(self, commit: bool = True) -> Platform:
        """Keep platform and deployments."""
        made = super().save(commit)
        names = self.cleaned_data["deployments"]
        made.deployments.filter(allowed=True).exclude(name__in=names).delete()
        for name in names:
            Deployment.objects.update_or_create(
                platform=made, name=name, defaults={"allowed": True}
            )
        return made
