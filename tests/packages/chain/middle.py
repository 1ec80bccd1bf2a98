from chain import Base
from chain.words import *


class Middle(Base):
    name: str = "middle"

    def _run(self, path: str, depth: int = 2) -> str:
        """Walk a path."""
