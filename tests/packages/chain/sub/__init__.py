from chain.middle import *
