# shellcheck shell=bash disable=SC2034 # run.sh's
# Sourced by run.sh: which corpus this is.
name=voxceleb           # in audiolab.corpora
titled="VoxCeleb1"
speakers_in=voxceleb_train # the data dir of whose speakers sets are drawn
texts=false             # whether it has them, for the recogniser
hold_out=${hold_out:-utterances} # by default some of each speaker are held out
verified=voxceleb_test  # whom the speaker encoders have not heard: their equal error rate
reserved=voxceleb_test  # data dirs of the corpus beside that one, which are among these
