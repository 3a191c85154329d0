"""The recogniser: units, utterances with texts, the network, the CTC loss, decoding."""

from mutations import of

UNITS = ("test/text/test_units.py",)
DATA = ("test/data/test_transcripts.py",)
WIRING = ("test/systems/test_ctc_wiring.py",)
SYSTEM = ("test/systems/test_ctc.py", *WIRING)

MUTATIONS = [
    *of(
        "audiolab/text/units.py",
        UNITS,
        ("texts are encoded as they are", "EncodeAsIds(normalise(text))", "EncodeAsIds(text)"),
        ("texts are learned as they are", "map(normalise, texts) if line", "texts if line"),
        ("rare characters have no unit", "character_coverage=1.0", "character_coverage=0.9"),
        ("the unknown does not count", '| {" "}) + 1', '| {" "})'),
        ("always by a language model", "model_type=kind", 'model_type="unigram"'),
    ),
    *of(
        "audiolab/data/transcripts.py",
        DATA,
        ("repetitions take no blank", "len(units) + int(np.sum(units[1:] == units[:-1]))", "len(units)"),
        ("hidden in validation, too", "if self.train:\n            feats", "if True:\n            feats"),
        ("nothing is hidden", "np.where(times[:, None] | rows, feats.mean(axis=0), feats)", "feats"),
        ("what is hidden is 0", "feats.mean(axis=0), feats)", "0.0, feats)"),
        ("masks are never the longest",
         "generator.integers(0, longest + 1, count)", "generator.integers(0, longest, count)"),
        ("no share of the utterance", "min(config.time_mask, int(config.time_share * frames))", "config.time_mask"),
        ("texts of the wrong items", "ends[index - 1] if index else 0", "ends[index - 1] if index > 1 else 0"),
        ("other analyses are taken", "if other.config != self.dirs[0].config", "if False"),
        ("statistics of all utterances", "each.statistics(numbers[folders == place])", "each.statistics()"),
        ("the variance is no variance", " / count - mean**2", " / count"),
        ("the fingerprint knows no texts", "digest.update(targets.tobytes())", "pass"),
    ),
    *of(
        "audiolab/systems/ctc/recogniser.py",
        SYSTEM,
        ("no normalisation by the mean", "(mel - self.mean) / self.std", "mel / self.std"),
        ("no normalisation of the spread", "(mel - self.mean) / self.std", "mel - self.mean"),
        ("padding is heard", "x = x * _inside(lengths, x.shape[-1]).to(x.device)", "x = x * 1"),
        ("convolutions shrink", 'nn.init.kaiming_uniform_(convolution.weight, nonlinearity="relu")', "pass"),
        ("no rectifier", "torch.relu(convolution(x))", "convolution(x)"),
        ("lengths stay as they are", "lengths = (lengths - 1) // stride + 1\n        hidden", "pass\n        hidden"),
        ("no probabilities", ".float().log_softmax(dim=-1)", ".float()"),
    ),
    *of(
        "audiolab/systems/ctc/recurrent.py",
        SYSTEM,
        ("both ways from the beginning", "back(_at(x, turned))", "back(x)"),
        ("the way back stays turned round", "_at(from_end, turned)", "from_end"),
        ("the way back begins in the padding", "torch.where(places < ends, ends - 1 - places, places)",
         "(len(places) - 1 - places + 0 * ends)"),
        ("dropout within the first layer's input", "self.dropout(x) if number else x", "self.dropout(x)"),
        ("gates forget at first", "torch.tensor([0.0, 1.0, 0.0, 0.0])", "torch.tensor([0.0, 0.0, 0.0, 0.0])"),
        ("no orthogonal weights", "nn.init.orthogonal_(gate)", "pass"),
        ("no dropout between layers", "self.dropout(x) if number else x", "x"),
    ),
    *of(
        "audiolab/systems/ctc/system.py",
        SYSTEM,
        ("a loss an utterance, not a unit", "return loss / wanted, log_probs", "return loss, log_probs"),
        ("a sum over utterances", 'Update("recogniser", loss.mean())', 'Update("recogniser", loss.sum())'),
        ("errors of a sum", "Mean(float(loss.sum()), len(loss))", "Mean(float(loss.mean()), len(loss))"),
        ("units take the blank's class", 'batch["targets"].cpu() + 1', 'batch["targets"].cpu()'),
        ("frames of the input", "self.recogniser.frames(lengths)\n        # on", "lengths\n        # on"),
        ("strides leave no room", "config.stride > train_set.config.frames_per_unit", "False"),
        ("errors of utterances", 'Mean(100.0 * errors, characters)', 'Mean(100.0 * errors, len(loss))'),
        ("no statistics", "self.recogniser.std.copy_(torch.from_numpy(std))", "pass"),
    ),
    *of(
        "audiolab/systems/ctc/decoding.py",
        ("test/systems/test_ctc.py",),
        ("repetitions are written", "changes[:, 1:] = best[:, 1:] != best[:, :-1]", "changes[:, 1:] = True"),
        ("padding is written", " & (torch.arange(best.shape[1]) < lengths.cpu()[:, None])", ""),
        ("a repetition takes no blank", "state.blank[:, :, None], state.total[:, :, None]",
         "state.total[:, :, None], state.total[:, :, None]"),
        ("equal prefixes are not added up", "torch.logaddexp(stays_unit, joined.permute",
         "torch.maximum(stays_unit, joined.permute"),
        ("equal prefixes stand twice", "torch.where(same.any(dim=2), -torch.inf, goes_on)", "goes_on"),
        ("a prefix stays by the best of its ends", "stays_blank = state.total + log_probs[:, :1]",
         "stays_blank = state.blank + log_probs[:, :1]"),
        ("the search goes on in padding",
         "going = (frame < lengths)[:, None]", "going = (frame < lengths + 99)[:, None]"),
        ("the best path is of blanks", "state.total.argmax(dim=1", "state.blank.argmax(dim=1"),
    ),
    *of(
        "audiolab/systems/ctc/predictor.py",
        ("test/systems/test_ctc.py",),
        ("silence fails", "allow_silent=True", "allow_silent=False"),
        ("short signals fail", ", least=least)", ")"),
    ),
]  # fmt: skip
