"""Forms of the operator's pages."""

from __future__ import annotations

from django import forms

from playground.operators.models import Announcement


class AnnouncementForm(forms.ModelForm[Announcement]):
    """An announcement."""

    class Meta:
        model = Announcement
        fields = ["text_en", "text_ko", "until"]
        widgets = {"until": forms.DateTimeInput(attrs={"type": "datetime-local"})}
