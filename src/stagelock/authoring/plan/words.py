"""The tables a plan is judged by: sections, fields, questions, and words that say nothing."""

import re

UNITS = "Work Unit Decomposition"
API = "API Contract"
SECURITY = "Security Considerations"
FLOWS = "User Flows"
EXTERNAL = "External Dependencies"
PAUSES = "Human Checkpoints"
PREFLIGHT = "Pre-flight"

# section: other headings that are read as it
SECTIONS = {
    UNITS: ("work units", "units", "tasks"),
    API: ("api", "api contracts"),
    SECURITY: ("security",),
    FLOWS: ("user flow", "ui flows"),
    EXTERNAL: ("external services", "dependencies"),
    PAUSES: ("checkpoints", "human checkpoint"),
    PREFLIGHT: ("pre-flight checklist", "preflight"),
}
ALWAYS = (UNITS, SECURITY, EXTERNAL, PAUSES, PREFLIGHT)

# field of a unit, in lower case: (the model's name for it, whether every unit needs it)
UNIT_FIELDS = {
    "spec": ("spec", True),
    "done": ("done", True),
    "depends on": ("needs", True),
    "files": ("files", True),
    "tests": ("tests", True),
    "checkpoint": ("checkpoints", True),
    "kind": ("kind", False),
    "concerns": ("concerns", False),
    "expects": ("expects", False),
    "provides": ("provides", False),
    "services": ("services", False),
    "large because": ("large_because", False),
}
CHECKPOINTS = {
    "no": [],
    "none": [],
    "yes": ["after"],
    "after": ["after"],
    "before": ["before"],
    "both": ["before", "after"],
    "before and after": ["before", "after"],
}
KINDS = ("ui", "integration")
NONE = ("none", "n/a", "nothing", "not applicable", "no")

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "WS")
ENDPOINT_FIELDS = ("request body", "success", "errors")
SOCKET_FIELDS = ("client to server", "server to client", "protocol")
SECURITY_FIELDS = (
    "trust boundaries",
    "input validation",
    "rate limiting",
    "authentication",
    "secrets",
)
FLOW_FIELDS = ("trigger", "steps", "outcome", "states")
STATES = ("empty", "loading", "error")
SERVICE_FIELDS = ("credentials", "obtain", "without them")

# What no program can decide is asked of the plan's author: id: (when it is asked, the question).
QUESTIONS = {
    "service-layer": ("", "does every data access go through a service?"),
    "error-strategy": ("", "is there one hierarchy of errors, and is it said how they travel?"),
    "configuration": ("", "does no configuration of an external service stand in code?"),
    "minimal-dependencies": ("", "does each unit depend only on what it imports or uses?"),
    "parallel": ("", "can whatever could run side by side do so?"),
    "component-tree": ("ui", "is it said which component renders what?"),
    "all-services": ("", "is every external service named?"),
    "all-checkpoints": ("", "is every pause that the spec asks for planned?"),
    "all-features": ("", "has every feature of the spec a unit?"),
    "tooling": ("", "is there one package manager, and do configuration files agree?"),
}
ANSWERS = ("yes", "no", "n/a")

MOST_FILES = 5
MOST_CONCERNS = 3

# --- words that say nothing ---------------------------------------------------------------------

# a whole text that is one of these was never written
EMPTY = re.compile(
    r"(?:[\W_]*|\[[^\]]*\]|<[^>]*>|(?:todo|tbd|tba|fixme|xxx|wip|placeholder|to do"
    r"|to be (?:done|decided|defined|written)|lorem ipsum.*)[\s.:!?]*)",
    re.IGNORECASE,
)
PLACEHOLDERS = re.compile(
    r"\b(?:TODO|TBD|FIXME|XXX)\b"
    r"|\[(?:TBD|todo|files?(?:\(s\))?|description|task name|title|affected files|how to verify)\]"
    r"|<(?:TODO|TBD|files?|description|title|[a-z]+-\d)>"
    r"|(?i:(?:add |with )?appropriate (?:error|exception) handling"
    r"|add validation(?: as needed)?$|handle edge cases"
    r"|(?:similar|same|identical|analogous) (?:to|as) (?:task|unit|wu|step)[ -]?\w*\d"
    r"|see (?:the )?previous (?:task|unit|step)"
    r"|(?:fill|fill it|fill this) in (?:later|details)|implement(?:ed)? later"
    r"|figure (?:this |it )?out(?: later)?|to be (?:determined|decided|defined)"
    r"|write tests for the above)",
)

# what a done-item says that nobody could show to be so: why not: the words
_HOW = "as (?:expected|intended|designed)"
_WELL = "(?:properly|correctly|appropriately|adequately|gracefully|well)"
_OPINION = (
    r"\blooks? (?:good|fine|ok|okay|right|clean|nice|great|correct)\b"
    r"|\b(?:code|implementation|solution|design) (?:is|are) (?:clean|good|solid|complete|done"
    r"|finished|readable|maintainable|robust|correct|high.quality|well.\w+|reviewed)\b"
    r"|\b(?:robust|user.friendly|intuitive|elegant|performant|production.ready|maintainable"
    r"|scalable|high.quality|best practices|clean code|state of the art)\b"
)
_SAYS_THAT = (
    rf"\bworks?(?: (?:fine|{_WELL}|{_HOW}))?[\s.!]*$|\bworks? (?:fine|{_WELL}|{_HOW})\b"
    rf"|\b(?:behaves|functions|runs|performs) (?:{_WELL}|{_HOW})\b"
)
_SAYS_HOW = (
    rf"\b{_WELL} (?:implemented|handled|tested|integrated|configured|formatted|documented|working"
    rf"|set up|validated|styled)\b"
    rf"|\b(?:handled|implemented|tested|integrated|validated|documented|styled|rendered) {_WELL}\b"
)
_REPEATS = (
    r"^(?:(?:the |this |an? )?[\w-]* ?(?:feature|functionality|implementation|task|unit|everything"
    r"|it) (?:is|are) )?(?:complete|done|finished|ready|implemented|ok|fine)[\s.!]*$"
)
_OPEN = r"\bas (?:needed|appropriate|necessary)\b|\bif (?:needed|necessary|possible)\b"
VAGUE = {
    "an opinion": re.compile(_OPINION, re.IGNORECASE),
    "says that it works, not what it does": re.compile(_SAYS_THAT, re.IGNORECASE),
    "says how, not what": re.compile(_SAYS_HOW, re.IGNORECASE),
    "repeats that it is done": re.compile(_REPEATS, re.IGNORECASE),
    "nobody can show that there is none": re.compile(
        r"^(?!.*``).*\bno (?:bugs|issues|problems|regressions)\b", re.IGNORECASE
    ),
    "leaves open what is meant": re.compile(_OPEN, re.IGNORECASE),
    "gives no number": re.compile(
        r"\b(?:fast|quick|responsive|small|secure|safe) enough\b", re.IGNORECASE
    ),
}

# a spec or a done-item with such words wants a person before it happens
DESTRUCTIVE = re.compile(
    r"\b(?:drop(?:s|ped|ping)? (?:the |a |all |old )*(?:tables?|columns?|databases?|index(?:es)?)"
    r"|truncat(?:e|es|ed|ing) (?:the |a |all )*\w* ?tables?"
    r"|delet(?:e|es|ed|ing) (?:all|every|the old|existing|production) (?:\w+ )?(?:rows?|records?"
    r"|data|files?|tables?|users?|accounts?|entries|backups?|columns?|keys?)\b"
    r"|rm -rf|wipe[sd]?|irreversibl\w+|destructive\w*"
    r"|overwrit(?:e|es|ing) (?:all|existing|production)|force.push\w*"
    r"|rewrit(?:e|es|ing) (?:the )?(?:git )?history|purge[sd]?)",
    re.IGNORECASE,
)

ENDPOINT = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE|WS) (/[\w/{}:.*-]*)")
NONE_ENDS = re.compile(r"[,;:(.]|[ ][-\u2013\u2014][ ]|\s+because\b|\s+here\b")
IN_BACKTICKS = re.compile(r"`[^`]*`")


def is_empty(text: str) -> bool:
    """Say whether nothing is written there, or only what a template put there."""
    return EMPTY.fullmatch(text.strip().strip("-*+ ")) is not None


def is_none(text: str) -> bool:
    """Say whether the text begins by saying that there is nothing of the kind."""
    first = NONE_ENDS.split(text.strip().lower())[0].strip()
    return first in NONE


def placeholder(text: str) -> str:
    """Return the placeholder in a text, "" where there is none; in backticks it is meant."""
    found = PLACEHOLDERS.search(IN_BACKTICKS.sub("``", text))
    return found[0].strip() if found else ""


def vague(item: str) -> str:
    """Return why nobody could verify a done-item, "" where somebody could."""
    bare = IN_BACKTICKS.sub("``", item)
    for what, pattern in VAGUE.items():
        if pattern.search(bare):
            return what
    if len(item.split()) < 3 and "`" not in item and not re.search(r"\d", item):
        return "too short to say what is to be seen"
    return ""
