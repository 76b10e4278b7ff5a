"""The caller of a query by CloudTrail's evidence: docs/people.md written a second time, to compare the program with."""

from __future__ import annotations

import re
from typing import Any, Dict, Optional, Tuple

SEPARATOR = "[-_.:=+,]"
UUID = "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
MIXED = "(?=[A-Za-z]*[0-9])[0-9A-Za-z]{6,}"
DISORDER = "(?:[0-9]+|(?=[0-9A-Fa-f]{8})[0-9A-Fa-f]+|[A-Za-z]+[0-9]+[A-Za-z][0-9A-Za-z]*|[0-9]+[A-Za-z]+[0-9][0-9A-Za-z]*)"
RANDOM = rf"{SEPARATOR}*(?={MIXED}\Z){DISORDER}"
GENERATED = re.compile(
    rf"(?:.*{SEPARATOR})?[0-9]{{9,}}|(?:.*{SEPARATOR})?{UUID}|[0-9A-Fa-f]{{32,}}|i-[0-9A-Fa-f]{{8,}}"
    r"|(?=[^0-9]*[0-9])(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])[0-9A-Za-z]{17,}"
    r"|gntd-[0-9A-Za-z]*|awsume-.+|run-[0-9A-Za-z]{16}"
    rf"|terraform-run-.+|(?:session-|redshift-|eks-|QuickSight|SageMaker|AutoScaling|aws-sdk-|aws-cli-|botocore-session-"
    rf"|web-identity-token-|aws-dotnet-sdk-session-){RANDOM}",
    re.DOTALL,
)
FIXED = {
    *("AmazonMWAA-airflow", "assume-aws-role-cli", "assumed-from-leapp", "AssumeRoleSession", "AthenaJWT"),
    *("AutoScaling", "aws-go-sdk", "AWSCLI-Session", "AWSCloudFormation", "botocore-session", "cli"),
    *("CognitoIdentityCredentials", "DatadogAWSIntegration", "EKS", "GitHubActions", "gitlab-ci"),
    *("GlueJobRunnerSession", "QuickSight", "RoleSession", "SageMaker", "SLRManagement"),
}
TOOLS = [
    ("dbt-athena/", "dbt"), ("awswrangler/", "awswrangler"), ("PyAthena/", "pyathena"), ("Grafana/", "grafana"),
    ("signin.amazonaws.com", "console"), ("Mozilla/", "console"),
]
Named = Tuple[str, str, str]


def text(members: Dict[str, Any], name: str) -> Optional[str]:
    value = members.get(name)
    return value if isinstance(value, str) and value else None


def part(members: Dict[str, Any], name: str) -> Dict[str, Any]:
    value = members.get(name)
    return value if isinstance(value, dict) else {}


def caller(record: Dict[str, Any]) -> Dict[str, Optional[str]]:
    """The attributes that name the caller."""
    identity = part(record, "userIdentity")
    words = [word[1:] if word.startswith("[") else word for word in (text(record, "userAgent") or "").split(" ")]
    role, session = role_and_session(identity)
    is_machine = any(word.startswith(("exec-env/AWS_Lambda_", "exec-env/AWS_ECS_")) for word in words)
    tools = [name for mark, name in TOOLS for word in words if word.startswith(mark)]
    if text(identity, "invokedBy") == "quicksight.amazonaws.com" or (role or "").startswith("aws-quicksight-service-role"):
        tools.insert(0, "quicksight")
    user, kind, source = person(identity, is_machine, text(part(record, "additionalEventData"), "UserName"))
    return {
        "executing_user": user,
        "user_type": kind,
        "user_source": source,
        "tool": tools[0] if tools else None,
        "session_name": session,
    }


def role_and_session(identity: Dict[str, Any]) -> Tuple[Optional[str], Optional[str]]:
    if text(identity, "type") != "AssumedRole":
        return None, None
    segments = (text(identity, "arn") or "").split("/")
    principal = (text(identity, "principalId") or "").partition(":")[2]
    issuer = part(part(identity, "sessionContext"), "sessionIssuer")
    role = text(issuer, "userName") or (segments[1] if len(segments) > 1 else None)
    return role or None, principal or (segments[-1] if len(segments) > 2 else None) or None


def is_generated(name: str, role: Optional[str]) -> bool:
    with_role = role is not None and name.startswith(f"{role}-")
    return (
        name in FIXED
        or GENERATED.fullmatch(name) is not None
        or (with_role and re.fullmatch(MIXED, name[len(role or "") + 1 :]) is not None)
    )


def person(identity: Dict[str, Any], is_machine: bool, identity_center_name: Optional[str]) -> Named:
    """The name, the kind and the source of the name."""
    context = part(identity, "sessionContext")
    issuer = part(context, "sessionIssuer")
    kind, arn, principal = text(identity, "type"), text(identity, "arn"), text(identity, "principalId")
    user_name, service, source = text(identity, "userName"), text(identity, "invokedBy"), text(context, "sourceIdentity")
    in_arn = arn.rstrip("/").rsplit("/", 1)[-1] if arn and "/" in arn.rstrip("/") else None
    in_principal = principal.split(":", 1)[1] or None if principal and ":" in principal else None
    role, session = role_and_session(identity)
    place = (text(issuer, "arn") or "").split(":", 5)[5:]
    path = place[0] if place and kind == "AssumedRole" else ""
    if (role or "").startswith("AWSServiceRoleFor") or path.startswith("role/aws-service-role/"):
        return role or session or "", "role", "role"
    behalf = text(part(identity, "onBehalfOf"), "userId")
    certificate = (source or "").startswith("CN=")
    name = (source or "")[3:].split(",")[0] if certificate else source
    if behalf:
        if name and "@" in name:
            return name, "person", "source_identity"
        if "@" not in (session or ""):
            return identity_center_name or user_name or behalf, "person", "identity_center"
        name = None
    if name:
        generated = is_generated(name, role) or (certificate and session is not None and is_generated(session, None))
        if "@" in name or not generated:
            return name, "person", "source_identity"
    if kind == "AssumedRole":
        if session and (role or "").startswith("AWSReservedSSO_"):
            return session, "person", "identity_center"
        if session and "@" in session:
            return session.removeprefix("federated-aws-cli-"), "person", "session_name"
        if session and not (is_machine or path.startswith("role/service-role/") or is_generated(session, role)):
            return session, "person", "session_name"
        if role or session:
            return role or session or "", "role", "role"
    elif kind == "IAMUser" and (user_name or in_arn):
        return user_name or in_arn or "", "person", "iam_user"
    elif kind == "FederatedUser" and (in_principal or in_arn):
        federated = in_principal or in_arn or ""
        owner = text(issuer, "userName")
        if owner and (federated == text(issuer, "principalId") or is_generated(federated, None)):
            return owner, "person", "iam_user"
        return federated, "person", "federated"
    elif kind in ("WebIdentityUser", "SAMLUser") and user_name:
        return user_name, "person", "federated"
    elif kind == "IdentityCenterUser" and (identity_center_name or user_name):
        return identity_center_name or user_name or "", "person", "identity_center"
    elif kind == "Role" and (user_name or in_arn):
        return user_name or in_arn or "", "role", "role"
    elif kind == "Root":
        return "root", "root", "root"
    if service:
        return service, "service", "service"
    return user_name or in_arn or principal or kind or "unknown", "unknown", "unknown"
