"""Names of the standard (LTI 1.3, Deep Linking 2.0, Assignment and Grade Services 2.0)."""

from __future__ import annotations

_LTI = "https://purl.imsglobal.org/spec/lti/claim/"

CUSTOM = _LTI + "custom"
DEPLOYMENT = _LTI + "deployment_id"
RESOURCE_LINK = _LTI + "resource_link"
ROLES = _LTI + "roles"
TARGET = _LTI + "target_link_uri"
DEEP_LINK = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
GRADES = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"

SCOPE_SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
SCOPE_COLUMN = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"

#: Whoever teaches the course. Assistants, and staff of the institution, are not.
TEACHER = {"http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor", "Instructor"}
