"""The figures of a comparison, each a function from a result to a matplotlib figure."""
from sim.report.figures.leakage_lines import leakage_over_time
from sim.report.figures.traffic_bands import traffic
from sim.report.figures.latency_dots import latency
from sim.report.figures.cost_scatter import cost_leakage
FIGURES={"leakage_over_time":leakage_over_time,"traffic":traffic,"latency":latency,"cost_leakage":cost_leakage}
