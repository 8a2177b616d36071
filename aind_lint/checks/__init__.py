"""The verbs that rule files name: one module per verb, each as `aind_lint.engine.rules.verb` describes."""
