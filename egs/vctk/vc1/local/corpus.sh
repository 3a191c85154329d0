# shellcheck shell=bash disable=SC2034 # run.sh's
# Sourced by run.sh: which corpus this is.
name=vctk           # in audiolab.corpora
titled="VCTK"
speakers_in=vctk    # the data dir of whose speakers sets are drawn
texts=true          # whether it has them, for the recogniser
hold_out=${hold_out:-prompts} # by default what many read is held out, of all
verified="small valid eval unseen unseen_eval" # whom the speaker encoders have not heard: their equal error rate
reserved=""         # data dirs of the corpus beside that one, which are among these
