import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


class Brightest(ClassifierMixin, BaseEstimator):
    """P(defect) rises with the largest feature: a class of its own, which workers have to find."""

    def __init__(self, sharpness=1.0):
        self.sharpness = sharpness

    def fit(self, X, y, sample_weight=None):
        self.classes_ = np.unique(y)
        self.middle_ = np.average(X[:, :8].max(axis=1), weights=sample_weight)
        return self

    def predict_proba(self, X):
        p = 1.0 / (1.0 + np.exp(-self.sharpness * (X[:, :8].max(axis=1) - self.middle_)))
        return np.column_stack([1.0 - p, p])

    def predict(self, X):
        return self.classes_[np.argmax(self.predict_proba(X), axis=1)]


class Weightless(Brightest):
    def fit(self, X, y):
        return super().fit(X, y)


class TwoFaced(Brightest):
    """Behaves while it is trained (at most 3,000 phones), and fails on the line."""

    def predict_proba(self, X):
        if len(X) not in (600, 400):
            raise RuntimeError("the licence\nserver is down")
        return super().predict_proba(X)


class Tired(Brightest):
    """Can be trained on the 3,000 phones of a history (in five folds), and on no others."""

    def fit(self, X, y, sample_weight=None):
        if len(X) not in (2400, 3000):
            raise KeyError("no such camera")
        return super().fit(X, y, sample_weight)


class Levelled(Brightest):
    """Trained on other phones than the 3,000 of a history, it finds all phones alike."""

    def fit(self, X, y, sample_weight=None):
        self.alike_ = len(X) not in (2400, 3000)
        return super().fit(X, y, sample_weight)

    def predict_proba(self, X):
        return super().predict_proba(X * 0.0 if self.alike_ else X)


class Unportable(Brightest):
    def __getstate__(self):
        raise TypeError("holds a handle of the camera")


class Odd(Brightest):
    def predict_proba(self, X):
        return super().predict_proba(X) * (np.nan if self.sharpness < 0 else 3.0)


def forest(trees=20):
    return RandomForestClassifier(n_estimators=trees, min_samples_leaf=5)


def forest_in_a_pipeline(trees=20):
    return make_pipeline(StandardScaler(), forest(trees))


def not_a_classifier(sharpness=1.0):
    return StandardScaler()
