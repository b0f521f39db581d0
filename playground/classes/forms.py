"""Forms of the pages of instructors."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from playground.classes import policy
from playground.classes.models import Class

if TYPE_CHECKING:  # generic for the type checker only
    _ClassModelForm = forms.ModelForm[Class]
else:
    _ClassModelForm = forms.ModelForm

#: Hosts that one class may have ready ahead; memory decides how many there are in the end.
MOST_PREWARMED = 500


def read_time(text: str, zone: str) -> datetime | None:
    """A local time as browsers' ``datetime-local`` fields give it; ``None`` for an empty one.

    ``zone`` is the browser's time zone; UTC where it named none that is known. Raises
    ``ValueError``.
    """
    if not text.strip():
        return None
    try:
        where: Any = ZoneInfo(zone) if zone else timezone.utc
    except (ZoneInfoNotFoundError, ValueError, OSError):
        where = timezone.utc
    moment = datetime.fromisoformat(text.strip())
    try:
        return moment.replace(tzinfo=where).astimezone(timezone.utc)
    except OverflowError:
        raise ValueError("a time that no calendar has") from None


class ClassForm(_ClassModelForm):
    """A class, all but its lessons and people."""

    starts = forms.CharField(
        required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )
    zone = forms.CharField(required=False, widget=forms.HiddenInput(attrs={"data-zone": ""}))

    class Meta:
        model = Class
        fields = (
            "name", "is_open", "starts", "prewarm", "memory_mb", "cpus", "disk_mb", "life_minutes",
            "policy",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        least = {
            "memory_mb": policy.LEAST_MEMORY_MB,
            "cpus": policy.LEAST_CPUS,
            "disk_mb": policy.LEAST_DISK_MB,
            "life_minutes": policy.LEAST_MINUTES,
        }
        self._bounds = {name: (least[name], most) for name, most in policy.most().items()}
        words = _("{least} to {most}; empty: as for everybody")
        for name, (low, high) in self._bounds.items():
            field = self.fields[name]
            field.help_text = words.format(least=f"{low:g}", most=f"{high:g}")
            field.widget.attrs |= {"min": low, "max": high, "step": "any"}
        self.fields["starts"].label = _("starts")
        self.fields["starts"].help_text = _("from ten minutes before, the hosts are made ready")
        self.fields["prewarm"].widget.attrs |= {"min": 0, "max": MOST_PREWARMED}
        if self.instance.starts and not self.is_bound:
            moment = self.instance.starts.astimezone(timezone.utc)
            # The page turns it into its own zone's.
            self.initial["starts"] = moment.strftime("%Y-%m-%dT%H:%M")
            self.fields["starts"].widget.attrs["data-utc"] = moment.isoformat()

    @property
    def has_limits(self) -> bool:
        """Whether there is something to see among the limits."""
        names = (*self._bounds, "policy")
        return any(self[name].value() or self[name].errors for name in names)

    def clean_starts(self) -> datetime | None:
        """The time in UTC."""
        try:
            return read_time(self.cleaned_data["starts"], str(self.data.get("zone", "")))
        except ValueError:
            raise ValidationError(_("Give a date and a time, as 2026-03-01T10:00.")) from None

    def clean_prewarm(self) -> int:
        """Not more than there could ever be."""
        wanted: int = self.cleaned_data["prewarm"]
        if wanted > MOST_PREWARMED:
            raise ValidationError(_("At most {n}.").format(n=MOST_PREWARMED))
        return wanted

    def clean(self) -> dict[str, Any]:
        """Keep limits within the operator's."""
        given = super().clean() or self.cleaned_data
        for name, (low, high) in self._bounds.items():
            value = given.get(name)
            # Not `value < low`: NaN is neither below nor above.
            if value is not None and not low <= value <= high:
                said = _("Between {least} and {most}.").format(least=f"{low:g}", most=f"{high:g}")
                self.add_error(name, said)
        if given.get("prewarm") and not given.get("starts"):
            self.add_error("starts", _("Say when, for the hosts to be ready then."))
        return given
