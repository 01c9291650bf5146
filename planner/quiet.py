"""The solver HiGHS without a word on standard output, which belongs to the answer of a command."""

import highspy


class QuietHighs(highspy.Highs):
    """HiGHS that says nothing, not even its name: standard output belongs to the answer."""

    def enableCallbacks(self) -> None:  # noqa: N802  the name of highspy, which calls this first of all
        """Fall silent before the first line is printed."""
        self.setOptionValue("output_flag", False)  # noqa: FBT003  the solver takes no keywords
        super().enableCallbacks()  # type: ignore[no-untyped-call]  # highspy declares no types
