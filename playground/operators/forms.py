"""Forms of the operator's pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms

from playground.operators.models import Announcement

if TYPE_CHECKING:  # generic for the type checker only
    _Form = forms.ModelForm[Announcement]
else:
    _Form = forms.ModelForm


class AnnouncementForm(_Form):
    """An announcement."""

    class Meta:
        model = Announcement
        fields = ["text_en", "text_ko", "until"]
        widgets = {"until": forms.DateTimeInput(attrs={"type": "datetime-local"})}
