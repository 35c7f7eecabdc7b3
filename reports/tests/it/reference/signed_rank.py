"""What scipy says of the cases in signed_rank.json: python3 signed_rank.py > signed_rank.json (scipy, statsmodels)."""

import json
import random

import numpy
import scipy.stats
from statsmodels.stats.multitest import multipletests


def case(differences):
    sample = numpy.array(differences)
    ties = len(set(abs(sample))) < len(sample)
    # scipy's exact distribution knows no ties; it then goes through every pattern of signs.
    method = scipy.stats.PermutationMethod(n_resamples=1 << 20) if ties else "exact"
    chance = {
        side: float(scipy.stats.wilcoxon(sample, alternative=side, method=method).pvalue) for side in ("greater", "less")
    }
    walsh = [(a + b) / 2 for i, a in enumerate(differences) for b in differences[i:]]
    return {
        "differences": differences,
        "p_above": chance["greater"],
        "p_below": chance["less"],
        "estimate": float(numpy.median(walsh)),
    }


random.seed(20080711)
cases = [[round(random.gauss(shift, 1), 6) for _ in range(n)] for n in (1, 2, 5, 8, 13, 30) for shift in (-0.4, 0, 0.9)]
cases += [[float(random.randint(-3, 4)) or 1.0 for _ in range(n)] for n in (4, 9, 14)]
chances = [[round(random.random() ** 3, 9) for _ in range(n)] for n in (1, 2, 7, 20)]
print(
    json.dumps(
        {
            "by": f"scipy {scipy.__version__}",
            "cases": [case(differences) for differences in cases],
            "holm": [
                {"chances": row, "raised": [float(p) for p in multipletests(row, method="holm")[1]]} for row in chances
            ],
        },
        indent=1,
    )
)
