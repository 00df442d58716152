"""The defaults that rest on something known of phone factories, each with its source and how far that carries.

A fact's value stands as a scenario file would write it, and `at` names the default that it describes: a test holds one
against the other. What has no row is a setting of the program (a seed, a block), no statement about factories.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

#: How far a value can be trusted, by its grade.
GRADES = {
    "V": "read in a source",
    "v": "a weak source: a vendor, a blog, the news, or second-hand",
    "M": "from memory, not verified",
    "D": "arithmetic from the values of sources",
    "A": "assumption: nobody has measured it for us",
}

Value = str | int | float


class Fact(NamedTuple):
    """One default: what it is, where a scenario sets it, how much it may be, and who says so."""

    topic: str
    name: str  #: its path in a scenario file, or what stands in place of one
    meaning: str
    value: Value | tuple[Value, ...]
    unit: str  #: "" where the value says it
    usual: str  #: the range in which sources, or guesses, put it; "" where nobody says
    grade: str  #: one of GRADES
    source: str
    at: str  #: module:Class.field, :function.parameter, :CONSTANT, or file.yaml:key; further parts after dots

    @property
    def shown(self) -> str:
        """The value as it is read: with its unit where it does not say it.

        >>> known = {fact.name: fact for fact in FACTS}
        >>> known["costs.rework"].shown, known["factory.arrivals.every"].shown
        ('$32.00', '20s')
        """
        values = self.value if isinstance(self.value, tuple) else (self.value,)
        if self.unit == "$":
            return "-".join(f"${value:.2f}" for value in values)
        text = "-".join(f"{value:g}" if isinstance(value, float) else str(value) for value in values)
        return f"{text} {self.unit}".rstrip()

    @property
    def said_to_be(self) -> str:
        """The grade in words."""
        return GRADES[self.grade]

    def is_about(self, word: str) -> bool:
        """Whether a word is part of its name, topic, meaning or source; capitals do not matter.

        >>> [fact.name for fact in FACTS if fact.is_about("TAKT")]
        ['factory.arrivals.every']
        """
        wanted = word.casefold()
        return any(wanted in text.casefold() for text in (self.topic, self.name, self.meaning, self.source))


def words(facts: Iterable[Fact]) -> list[str]:
    """Return what facts can be asked by, for whoever mistypes: topics, and the parts of names.

    >>> words(FACTS[:1])
    ['line', 'factory.arrivals.every', 'factory', 'arrivals', 'every']
    """
    found = (word for fact in facts for word in (fact.topic, fact.name, *fact.name.split(".")))
    return list(dict.fromkeys(found))


_GUESS = "a choice of this program, without a source"
_ARRIVALS, _FACTORY = "sim.factory.arrivals", "sim.factory.spec"
_LOTS, _FLAWS = "sim.factory.lots:Lots", "sim.factory.flaws:PHONE_KINDS"
_PEOPLE, _LABELS = "sim.inspectors.human.detection:Inspectors", "sim.deployment.telemetry.labels"
_CHANGE = "sim.inspectors.human.people:People"
_NETWORK, _HARDWARE = "sim.inspectors.serving.network:Network", "sim.inspectors.serving.hardware:HARDWARE"
_SERVING, _COSTS = "sim.inspectors.serving.server:Serving", "sim.measure.costs:Costs"
_CALENDAR, _STARTER = "sim.inspectors.human.calendar:Shift", "sim/cli/starter.yaml:inspectors.shifts"
_GRADES = "sim.measure.grades"
_LIMITS = "guideline of the reference manual on measurement systems (AIAG, 4th ed.), from memory"
_RETRAINING, _ASSISTED = "sim.deployment.monitoring.retraining:Retraining", "sim.deployment.patterns.assisted:assisted"
_SHARES = "order of the SSGD classes (arXiv 2303.06673) and a Pareto of Nokia's assembly; the shares are guesses"

FACTS = (
    Fact("line", "factory.arrivals.every", "takt: time from phone to phone", "20s", "", "6-60 s", "D",
         "Pegatron, 1,800 phones a worker and shift of 10.5 h: 21 s (Mashable 2017, second-hand)",
         f"{_ARRIVALS}:Takt.every"),
    Fact("line", "factory.defect_rate", "phones with at least one defect", "2%", "", "0.1-10 %; at a ramp-up to 50 %",
         "A", "none for cosmetic defects; rejects of 0.8-1.6 % of food trays (Sci Rep 2021)",
         f"{_FACTORY}:Factory.defect_rate"),
    Fact("line", "factory.minor_per_defect", "tolerable flaws per defect", 1.0, "", "", "A", _GUESS,
         f"{_FACTORY}:Factory.minor_per_defect"),
    Fact("line", "factory.lots.size", "phones of a component lot", 500, "phones", "100-5,000", "A", _GUESS,
         f"{_LOTS}.size"),
    Fact("line", "factory.lots.cv", "spread of flaws between lots / mean", 0.8, "", "0-2", "A", _GUESS, f"{_LOTS}.cv"),
    Fact("line", "factory.lots.bad_share", "lots that are bad", "2%", "", "", "A", _GUESS, f"{_LOTS}.bad_share"),
    Fact("line", "factory.lots.bad_factor", "flaws of a bad lot / of another", 5.0, "x", "", "A", _GUESS,
         f"{_LOTS}.bad_factor"),
    *(
        Fact("flaws", f"factory.kinds.{kind}", f"part of the defects: {kind}", share, "", "", "A", _SHARES,
             f"{_FLAWS}.{number}.share")
        for number, (kind, share) in enumerate({
            "scratch": "35%", "dent": "15%", "dust": "12%", "gap": "10%",
            "colour": "8%", "pixel": "8%", "stain": "7%", "crack": "5%",
        }.items())
    ),
    Fact("camera", "factory.camera.noise", "noise of a channel of the image", 0.14, "", "", "D",
         "set so that a good model catches 97 % at 3 % false alarms; range of field reports 90-99.5 % at 0.2-32 %",
         "sim.factory.camera:Camera.noise"),
    Fact("inspectors", "inspectors.count", "inspectors on duty", 2, "people", "1-6", "A", _GUESS, f"{_PEOPLE}.count"),
    Fact("inspectors", "inspectors.service.mean", "one look and 3 s of handling", "21s", "", "10-65 s", "D",
         "18 s: a supplier's A/B/C surfaces, 8 + 6 + 4 s; 20 s, Samsung cover glass (2021); the handling is a guess",
         f"{_PEOPLE}.service.mean"),
    Fact("inspectors", "inspectors.service.sigma", "spread of ln(time) of a look", 0.35, "", "0.2-0.6", "A",
         "long right tails of search times (Palmer 2011, PMC3062635); the size is a guess", f"{_PEOPLE}.service.sigma"),
    Fact("inspectors", "inspectors.d_prime", "sensitivity d'", 3.0, "SD", "1.4-3.8", "D",
         "set to 77 % hits at 2 % false alarms: inspectors of integrated circuits (Schoonard 1973, second-hand)",
         f"{_PEOPLE}.d_prime"),
    Fact("inspectors", "inspectors.criterion", "criterion c: higher rejects less", 0.56, "SD", "", "D",
         "set with d' to the same 77 % and 2 % (Schoonard 1973, second-hand)", f"{_PEOPLE}.criterion"),
    Fact("inspectors", "inspectors.borderline_width", "ln(severity) from tolerance to clearly bad", 0.2, "",
         "5-40 % of defects borderline", "A",
         "The Batch: inspectors agree below 1 mm and above 3 mm, not between; the share is a guess",
         f"{_PEOPLE}.borderline_width"),
    Fact("inspectors", "inspectors.briefing", "until a new standard has reached everyone", "1d", "", "days", "A",
         "Ng's course: people lag behind a changed rule; how long is a guess", f"{_PEOPLE}.briefing"),
    Fact("inspectors", "assisted.deference", "a model's pass prevails over an inspector", "50%", "", "20-90 %", "V",
         "Boskemper 2022, Human Factors 64:945: beside an aid that is right in 93 %", f"{_ASSISTED}.deference"),
    Fact("inspectors", "assisted.obey_alarm", "a model's alarm prevails over an inspector", "50%", "", "20-90 %", "V",
         "Huegli 2020, Applied Ergonomics 86:103094: half of the true alarms ignored at a precision of 0.3",
         f"{_ASSISTED}.obey_alarm"),
    Fact("people", "inspectors.people.d_prime", "d' of somebody fresh", 3.6, "SD", "1.4-3.8", "D",
         "set with c50 so that a twelve-hour shift meets 77 % hits at 2 % false alarms (Schoonard 1973, second-hand)",
         f"{_CHANGE}.d_prime"),
    Fact("people", "inspectors.people.c50", "criterion of somebody fresh, who rejects half", -0.58, "SD", "-0.8-0.3",
         "D", "set with d' to the same 77 % and 2 % (Schoonard 1973, second-hand)", f"{_CHANGE}.c50"),
    Fact("people", "inspectors.people.prevalence_slope", "criterion per ln((1-q)/q), q what is felt", 0.21, "SD",
         "0-0.3", "D",
         "three points of Wolfe 2005, their numbers from memory; that the criterion moves: Wolfe 2007",
         f"{_CHANGE}.prevalence_slope"),
    Fact("people", "inspectors.people.memory", "phones over which q is felt", 100.0, "phones", "30-500", "A", _GUESS,
         f"{_CHANGE}.memory"),
    Fact("people", "inspectors.people.vigilance", "how far the criterion rises after a break", 0.4, "SD", "0-0.95", "A",
         "a laboratory's clock task gives 0.95 (Mackworth 1948, from memory); on a real line its size is disputed",
         f"{_CHANGE}.vigilance"),
    Fact("people", "inspectors.people.vigilance_tau", "how soon it does", "20min", "", "10-30 min", "D",
         "missed per half hour (Mackworth 1948, from memory)", f"{_CHANGE}.vigilance_tau"),
    Fact("people", "inspectors.people.fatigue", "share of d' lost in an hour on shift", 0.016, "1/h", "0-0.03", "D",
         "radiologists' AUC 0.885 to 0.852 over a day (Krupinski 2010)", f"{_CHANGE}.fatigue"),
    Fact("people", "inspectors.people.night", "added to the criterion at night", 0.1, "SD", "0-0.25", "A",
         "accident risks are 30 % higher at night (Folkard and Tucker), which are no misses", f"{_CHANGE}.night"),
    Fact("people", "inspectors.people.search_tau", "time constant of random search", "6s", "", "3-15 s", "A",
         "the form is that of inspection's search models; the number is a guess", f"{_CHANGE}.search_tau"),
    Fact("people", "inspectors.people.speed_spread", "between people: sd of ln(time of a look)", 0.45, "", "0.2-0.6",
         "D", "speed varied sixfold among inspectors (Schoonard 1973, second-hand)", f"{_CHANGE}.speed_spread"),
    Fact("people", "inspectors.people.d_prime_spread", "between people: sd of d'", 0.3, "SD", "0.1-0.6", "A",
         "accuracy varied less than twofold (Schoonard 1973, second-hand); the number is a guess",
         f"{_CHANGE}.d_prime_spread"),
    Fact("people", "inspectors.people.criterion_spread", "between people: sd of the criterion", 0.25, "SD", "0.1-0.6",
         "A", _GUESS, f"{_CHANGE}.criterion_spread"),
    Fact("shifts", "inspectors.shifts.start", "day shift of `driftline new`", "07:30", "", "", "D",
         "twelve hours after the night shift's start", f"{_STARTER}.0.start"),
    Fact("shifts", "inspectors.shifts.start (night)", "night shift of `driftline new`", "19:30", "", "", "V",
         "a night shift at an iPhone plant (China Labor Watch, newscast 633)", f"{_STARTER}.1.start"),
    Fact("shifts", "inspectors.shifts.lasts", "a shift of `driftline new`, breaks included", "12h", "", "8-12 h", "v",
         "Pegatron, 10.5 h of work and 80 min of breaks (Business Insider's interview, second-hand)",
         f"{_STARTER}.0.lasts"),
    Fact("shifts", "inspectors.shifts.breaks.after", "first break of `driftline new`", "2h", "", "after each 2 h", "v",
         "Pegatron (Business Insider's interview, second-hand); inspectors 10 min each 2 h (Silicon India 2012)",
         f"{_STARTER}.0.breaks.0.after"),
    Fact("shifts", "inspectors.shifts.breaks.lasts", "how long it is", "10min", "", "10-15 min", "v",
         "Pegatron (Business Insider's interview; Mashable 2017 has 10, 15 and 30 min), second-hand",
         f"{_STARTER}.0.breaks.0.lasts"),
    Fact("shifts", "inspectors.shifts.breaks.lasts (meal)", "the meal's break", "50min", "", "30-50 min", "v",
         "Pegatron (Business Insider's interview, second-hand)", f"{_STARTER}.0.breaks.1.lasts"),
    Fact("shifts", "inspectors.shifts.stagger", "breaks begin later for each next person", "50min", "", "", "A",
         "a choice of this program: so many are never away together; without the key breaks are together",
         f"{_STARTER}.0.stagger"),
    Fact("shifts", "inspectors.shifts.days", "days on which a shift begins", ("mon-sun",), "", "5-7 days a week", "A",
         "six days a week at Pegatron (Mashable 2017, second-hand); the line here never rests unless it is told to",
         f"{_CALENDAR}.days"),
    Fact("models", "models.NAME.serving.service.mean", "capture, and inference on 12 images", "2.3s", "",
         "0.8-8 s", "D",
         "22 ms an image on a Jetson Orin NX (Roboflow's benchmarks); 2 s of capture and 12 images are guesses",
         f"{_SERVING}.service.mean"),
    Fact("network", "serving.network.round_trip.mean", "question and answer, to a cloud and back", "145ms", "",
         "50-1000 ms", "v", "50-200 ms and jitter of 80-200 ms (mvcreate.com, qualivisionai.com); the tail is a guess",
         f"{_NETWORK}.round_trip.mean"),
    Fact("network", "serving.network.round_trip.sigma", "spread of ln(time) of that", 0.61, "", "", "A",
         "set to a median of 120 ms and a p99 of 500 ms, a guess", f"{_NETWORK}.round_trip.sigma"),
    Fact("network", "serving.network.megabytes", "images of a phone", 12.0, "MB", "10 MB an image without loss", "A",
         "12 images of 1 MB: a guess", f"{_NETWORK}.megabytes"),
    Fact("network", "serving.network.megabits_per_second", "bandwidth of the upload", 100.0, "Mb/s", "", "A", _GUESS,
         f"{_NETWORK}.megabits_per_second"),
    *(
        Fact("hardware", f"serving.hardware: {name}, {what}", meaning, value, unit, usual, grade, source,
             f"{_HARDWARE}.{name}.{what}")
        for name, what, meaning, value, unit, usual, grade, source in (
            ("cpu", "service", "12 images of a phone", "2640ms", "", "", "A", "ten times a Jetson's: a guess"),
            ("cpu", "memory", "what a model can take", 16.0, "GB", "", "A", _GUESS),
            ("cpu", "price", "an hour", 0.05, "$", "", "A", _GUESS),
            ("jetson", "service", "12 images of a phone", "264ms", "", "132-372 ms", "V",
             "Jetson Orin NX, YOLOv8l with TensorRT, 22-31 ms an image (Roboflow's benchmarks)"),
            ("jetson", "memory", "what a model can take", 16.0, "GB", "8-16 GB", "M", "Orin NX, its larger version"),
            ("jetson", "price", "an hour, paid off", 0.10, "$", "", "A", "an edge box, from memory"),
            ("l4", "service", "12 images of a phone", "75ms", "", "20-324 ms", "D",
             "RF-DETR-large, 160 images/s with TensorRT (Roboflow's benchmarks): another model than the Jetson's"),
            ("l4", "memory", "what a model can take", 24.0, "GB", "", "M", "its data sheet"),
            ("l4", "price", "an hour on demand", 0.80, "$", "0.70-0.80", "v", "lists of cloud prices"),
            ("a100", "service", "12 images of a phone, one batch", "3ms", "", "", "D",
             "1.87 ms + 0.086 ms an image (Triton's guide, part 2): a smaller model than the Jetson's"),
            ("a100", "memory", "what a model can take", 40.0, "GB", "40-80 GB", "M", "its data sheet"),
            ("a100", "price", "an hour on demand", 3.70, "$", "", "v", "lists of cloud prices"),
            ("browser", "service", "12 images of a phone", "1320ms", "", "2-8 x a native run", "D",
             "4.9 x slower than native on a GPU (arXiv 2402.05981), here 5 x a Jetson"),
            ("browser", "memory", "what a model can take", 4.0, "GB", "", "M", "addresses of 32 bits, as in wasm"),
            ("browser", "price", "an hour", 0.0, "$", "", "A", "the PC stands there anyway: a guess"),
        )
    ),
    Fact("models", "serving.gigabytes", "memory that a model takes", 1.0, "GB", "", "A", _GUESS,
         f"{_SERVING}.gigabytes"),
    Fact("models", "retraining.training", "training of a version, wall time", "2h", "", "0.3-12 h", "D",
         "ResNet50 on an A100, 2,600 images/s (pytorch-image-models 1491, second-hand)", f"{_RETRAINING}.training"),
    Fact("models", "retraining.sign_off", "until somebody has signed it off", "8h", "", "1-72 h", "A", _GUESS,
         f"{_RETRAINING}.sign_off"),
    Fact("models", "retraining.window", "phones to learn from, back in time", "14d", "", "", "A", _GUESS,
         f"{_RETRAINING}.window"),
    Fact("rollouts", "canary.steps", "weights of a canary", (5.0, 25.0, 50.0, 100.0), "%", "start 1-50 %", "A",
         "5 % is the device of Ng's course (students' notes), no standard; the ramp is a guess",
         "sim.deployment.patterns.canary:RAMP"),
    Fact("agreement", "effectiveness, acceptable", "right verdicts, from here on", "90%", "", "", "M", _LIMITS,
         f"{_GRADES}:EFFECTIVENESS.acceptable"),
    Fact("agreement", "effectiveness, marginal", "right verdicts, from here on", "80%", "", "", "M", _LIMITS,
         f"{_GRADES}:EFFECTIVENESS.marginal"),
    Fact("agreement", "miss rate, acceptable", "defective phones passed, up to here", "2%", "", "", "M", _LIMITS,
         f"{_GRADES}:MISS_RATE.acceptable"),
    Fact("agreement", "miss rate, marginal", "defective phones passed, up to here", "5%", "", "", "M", _LIMITS,
         f"{_GRADES}:MISS_RATE.marginal"),
    Fact("agreement", "false alarm rate, acceptable", "good phones rejected, up to here", "5%", "", "", "M", _LIMITS,
         f"{_GRADES}:FALSE_ALARM_RATE.acceptable"),
    Fact("agreement", "false alarm rate, marginal", "good phones rejected, up to here", "10%", "", "", "M", _LIMITS,
         f"{_GRADES}:FALSE_ALARM_RATE.marginal"),
    Fact("agreement", "kappa, good", "agreement beyond chance, above", 0.75, "", "", "v",
         "a calculator's page that cites the AIAG manual (calcbee.com)", f"{_GRADES}:KAPPA_GOOD"),
    Fact("labels", "audits.of_passes", "passed phones that an expert audits", "2%", "", "0-100 %", "A", _GUESS,
         f"{_LABELS}:Audits.of_passes"),
    Fact("labels", "audits.of_rejects", "rejected phones that an expert audits", "2%", "", "0-100 %", "A", _GUESS,
         f"{_LABELS}:Audits.of_rejects"),
    Fact("labels", "audits.delay", "until an audit is known", "4h", "", "0.5-24 h", "A", _GUESS,
         f"{_LABELS}:Audits.delay"),
    Fact("labels", "returns.of_escapes", "defective phones that come back", "35%", "", "5-80 %", "A", _GUESS,
         f"{_LABELS}:Returns.of_escapes"),
    Fact("labels", "returns.of_good", "good phones that come back", "0.16%", "", "40-63 % of returns without a fault",
         "D", "63 % (WDS, UK 2006) and 40 % (Genco, US 2013) of returned phones had no fault, second-hand; at 50 %",
         f"{_LABELS}:Returns.of_good"),
    Fact("labels", "returns.delay", "until a return, median", "35d", "", "14-120 d", "A",
         "warranty data are late (Wu 2013, Reliab Eng Syst Saf 114:1); how late is a guess",
         f"{_LABELS}:Returns.delay"),
    Fact("labels", "returns.spread", "spread of ln(delay) of a return", 0.6, "", "", "A", _GUESS,
         f"{_LABELS}:Returns.spread"),
    Fact("costs", "costs.inspector_minute", "a rostered minute", 0.10, "$", "0.06-0.90", "D",
         "Foxconn, 25-26 yuan/h (Aug 2024, second-hand), x 1.6 for what comes on top, a guess",
         f"{_COSTS}.inspector_minute"),
    Fact("costs", "costs.server_hour", "a replica for an hour", 0.80, "$", "0.1-9", "v",
         "an L4 on demand, 0.70-0.80 an hour (lists of cloud prices)", f"{_COSTS}.server_hour"),
    Fact("costs", "costs.escape", "a defective phone at a customer's", 150.0, "$", "30-500", "A",
         "35 % returned at 300 each, and 45 for the name: guesses", f"{_COSTS}.escape"),
    Fact("costs", "costs.rework", "a defective phone repaired", 32.0, "$", "5-60", "v",
         "Foxconn, about 200 yuan a returned device (MacRumors 2013)", f"{_COSTS}.rework"),
    Fact("costs", "costs.false_reject", "a good phone rejected", 1.5, "$", "0.1-32", "A", _GUESS,
         f"{_COSTS}.false_reject"),
    Fact("costs", "costs.audit", "an expert's second look", 0.3, "$", "", "A", _GUESS, f"{_COSTS}.audit"),
    Fact("costs", "costs.picture", "a phone's pictures, kept to learn from", 0.0, "$", "0-0.01", "A",
         "12 megabytes for five weeks at some $0.02 a gigabyte and month are $0.0003: not counted",
         f"{_COSTS}.picture"),
)  # fmt: skip
"""Every default with a source, by topic."""
