# shellcheck shell=bash disable=SC2154,SC2034 # its variables are run.sh's
# Sourced by run.sh: what follows from its options.

case $corpus in
  real) corpus_dir=downloads conf=${conf:-conf} defaults=(50000 3000 50) seconds="4 10" ;;
  mini) corpus_dir=$mini_dir conf=${conf:-conf/mini} defaults=(2000 48 48) seconds="2 4" judged=${judged:-4} ;;
  own) corpus_dir='' conf=${conf:-conf} defaults=(50000 3000 50) seconds="2 10" ;;
  *) echo "error: --corpus is real, mini or own, not '$corpus'" >&2 && exit 1 ;;
esac
if [[ $corpus == own && -z $table ]]; then echo "error: --corpus own needs --table" >&2 && exit 1; fi
if [[ $corpus == own && -n $db_root ]]; then echo "error: --db_root is for real and mini; own has --table" >&2 && exit 1; fi
if [[ $corpus != real && $librispeech_subsets != train-clean-360 ]]; then
  echo "error: --librispeech_subsets is for --corpus real" >&2 && exit 1
fi
if [[ $corpus == own && -n $prepare_conf ]]; then
  echo "error: --prepare_conf is for real and mini; own has --table" >&2 && exit 1
fi
choices=() # the YAMLs in it
if [[ -n $prepare_conf ]]; then choices=("$prepare_conf"/*); fi
for choice in "${choices[@]}"; do
  case ${choice#"$prepare_conf/"} in
    librispeech.yaml | wham.yaml | dns.yaml) ;;
    *) echo "error: --prepare_conf $choice: it is to hold librispeech.yaml, wham.yaml, dns.yaml, or some of them" >&2 && exit 1 ;;
  esac
done
if [[ $corpus != own && -n $table ]]; then echo "error: --table is for --corpus own" >&2 && exit 1; fi
train_mixtures=${train_mixtures:-${defaults[0]}} valid_mixtures=${valid_mixtures:-${defaults[1]}}
eval_mixtures=${eval_mixtures:-${defaults[2]}}
eval_seconds=${eval_seconds:-$seconds} judged=${judged:-0}
values_are '0*[1-9][0-9]*' "a whole number, 1 or more" train_mixtures valid_mixtures eval_mixtures num_nodes
values_are '(-?[0-9]+ ?)*' "whole numbers of dB, each once" snrs
dataset=${dataset:-$corpus} db_root=${db_root:-$corpus_dir} seeds=${seeds:-$seed}
tag=${tag:-$dataset}
expdir=${expdir:-exp/$tag} data=data/$dataset
shared_dirs=("$data")
job=$(job_variable "$data" "$expdir" "$percent" "$train_options")
if [[ $corpus == own ]]; then
  made_from="table=$table" title="own recordings" paper=() # whose scores are of other recordings
else
  made_from="db_root=$db_root" title="LibriSpeech, WHAM! and DNS" pairs=${pairs:-dns_no_reverb}
  if [[ $librispeech_subsets != train-clean-360 ]]; then made_from+=", librispeech_subsets=$librispeech_subsets"; fi
  if [[ -n $prepare_conf ]]; then made_from+=", prepare_conf=$prepare_conf"; fi
  if [[ $corpus == mini ]]; then title="synthesised twins of $title"; fi
  paper=(--paper local/tables.tsv)
fi
mixture_options=("train_mixtures=$train_mixtures" "valid_mixtures=$valid_mixtures" "seed=$seed")
evaluation_options=("snrs=$snrs" "eval_mixtures=$eval_mixtures" "eval_seconds=$eval_seconds"
  "eval_part=$eval_part" "seed=$seed")
case $eval_part in
  test) speech_part=test note="Test sets, on which nothing was chosen." ;;
  dev) speech_part=valid paper=() note="Development sets: for choices, not to be reported." ;;
  *) echo "error: --eval_part is test or dev, not '$eval_part'" >&2 && exit 1 ;;
esac

# compare: sets the options that say what the others are compared with: the unprocessed mixtures, and the source model
# where it was scored
compare() {
  baseline=(--baseline noisy)
  if cut -f 1 "$expdir/scored.tsv" | grep -qx source; then baseline+=(--baseline source); fi
}
