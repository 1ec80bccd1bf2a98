PREFIX = "chain"
LEAF = PREFIX + "_leaf"


class Names:
    TWIG = "twig"
