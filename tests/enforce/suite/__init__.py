# SPDX-License-Identifier: Apache-2.0
"""The enforcement tests: see ../run."""
