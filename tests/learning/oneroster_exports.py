"""OneRoster exports as school systems write them; every name is invented."""

import io
import zipfile

V1_USERS = (
    "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,"
    "familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password"
)
V2_USERS = (
    "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,"
    "identifier,email,sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,"
    "resourceSourcedIds,preferredGivenName,preferredMiddleName,preferredFamilyName,"
    "primaryOrgSourcedId,pronouns"
)
V2_ROLES = (
    "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,"
    "userProfileSourcedId"
)
ORGS = "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId"
CLASSES = (
    "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,"
    "schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods"
)
ENROLLMENTS = (
    "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,"
    "beginDate,endDate"
)
STAMP = "2026-09-01T06:00:00.000Z"


def manifest(version="1.1", **modes):
    modes = {"orgs": "bulk", "classes": "bulk", "users": "bulk", "enrollments": "bulk"} | modes
    lines = ["propertyName,value", "manifest.version,1.0", f"oneroster.version,{version}"]
    lines += [f"file.{name},{mode}" for name, mode in modes.items()]
    lines += ["file.demographics,absent", "source.systemName,Mfumo", "source.systemCode,M1"]
    return "\r\n".join(lines)


def lines(headings, *rows):
    return "\r\n".join([headings, *rows, ""])


def user(source, given, family, *, role="student", number="", status="", enabled="true"):
    stamp = STAMP if status else ""
    return (
        f'{source},{status},{stamp},{enabled},"s1",{role},{source},,{given},{family},,{number},'
        "x@example.test,,,,05,Hidden1"
    )


def user_2(source, given, family, number="", *, preferred="", status=""):
    stamp = STAMP if status else ""
    return (
        f"{source},{status},{stamp},true,{source},,{given},{family},,{number},,,,,05,,,,"
        f"{preferred},,,s1,"
    )


def role_2(source, role, org="s1"):
    return f"r-{source}-{org},,,{source},primary,{role},,,{org},"


def group(source, title, org="s1", status=""):
    stamp = STAMP if status else ""
    return f"{source},{status},{stamp},{title},05,k1,,homeroom,,{org},t1,,,"


def enrolled(who, where, role="student", primary="false", *, status=""):
    stamp = STAMP if status else ""
    return f"e-{who}-{where},{status},{stamp},{where},s1,{who},{role},{primary},,"


ORG_LINES = lines(ORGS, "d1,,,Kisima District,district,,", "s1,,,Kisima Primary,school,,d1")


def small(**changes):
    """A school of two classes, three learners and two teachers, in 1.1."""
    files = {
        "manifest.csv": manifest(),
        "orgs.csv": ORG_LINES,
        "classes.csv": lines(CLASSES, group("c5", "5B"), group("c6", "6A")),
        "users.csv": lines(
            V1_USERS,
            user("u1", "Amina", "Kato", number="K17"),
            user("u2", "Juma", "Ali"),
            user("u3", "Neema", "Pamba"),
            user("u9", "Parent", "Person", role="parent"),
            user("t1", "Grace", "Otieno", role="teacher"),
            user("t2", "Peter", "Lema", role="teacher"),
        ),
        "enrollments.csv": lines(
            ENROLLMENTS,
            enrolled("u1", "c5"),
            enrolled("u2", "c5"),
            enrolled("u3", "c6"),
            enrolled("t1", "c5", "teacher", "true"),
            enrolled("t2", "c6", "teacher", "true"),
        ),
        "demographics.csv": "sourcedId,birthDate,sex\r\nu1,2015-03-04,female\r\n",
    }
    return {name: text.encode() for name, text in (files | changes).items() if text}


def small_2():
    """The same in 1.2."""
    return small(
        **{
            "manifest.csv": manifest("1.2", roles="bulk"),
            "users.csv": lines(
                V2_USERS,
                user_2("u1", "Amina", "Kato", "K17"),
                user_2("u2", "Juma", "Ali"),
                user_2("u3", "Neema", "Pamba"),
                user_2("u9", "Parent", "Person"),
                user_2("t1", "Grace", "Otieno"),
                user_2("t2", "Peter", "Lema"),
            ),
            "roles.csv": lines(
                V2_ROLES,
                *(role_2(u, "student") for u in ("u1", "u2", "u3")),
                role_2("u9", "guardian"),
                role_2("t1", "teacher"),
                role_2("t2", "teacher"),
            ),
        }
    )


def zipped(files, folder=""):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in files.items():
            archive.writestr(folder + name, raw)
    return out.getvalue()
