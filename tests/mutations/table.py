"""The mutations: mistakes that people make, one line each, and the tests that ought to notice."""

# ruff: noqa: E501  (a table: one line for each mutation)

from typing import NamedTuple


class Mutation(NamedTuple):
    """In ``file`` (under ``cnnlib/``), put ``new`` in place of ``old``, which must occur exactly once.

    ``tests`` are the files that are run; left out, the test file of the module, and the cross-check for operations.
    """

    what: str
    file: str
    old: str
    new: str
    tests: tuple = ()

    @property
    def runs(self) -> tuple:
        if self.tests:
            return self.tests
        module = self.file.split("/")[0].removesuffix(".py")
        crosscheck = ("test_crosscheck.py",) if module in OPERATIONS else ()
        return (f"test_{module}.py", *crosscheck)


OPERATIONS = ("activations", "conv", "dropout", "linear", "losses", "normalization", "padding", "pooling")
ENGINE = ("test_engine.py", "test_engine_step.py")
BOTH = ("test_differential.py",)
WINDOWS = ("test_conv.py", "test_pooling.py")

M = Mutation
MUTATIONS = [
    # Convolution
    M("the kernel is flipped", "conv/columns.py", ":: dilation[0], :: dilation[1]]", ":: dilation[0], :: dilation[1]][..., ::-1, ::-1]"),
    M("the stride is dropped", "conv/columns.py", ":: stride[0], :: stride[1], ::", "::1, ::1, ::"),
    M("strides for height and width change places", "conv/columns.py", ":: stride[0], :: stride[1]", ":: stride[1], :: stride[0]"),
    M("dilations for height and width change places", "conv/columns.py", ":: dilation[0], :: dilation[1]", ":: dilation[1], :: dilation[0]"),
    M("overlapping windows overwrite: = for +=", "conv/columns.py", "seen += columns[:, :, k]", "seen[...] = columns[:, :, k]"),
    M("the bias is subtracted", "conv/convolution.py", "y += b[:, None, None]", "y -= b[:, None, None]"),
    M("dw is divided by N", "conv/convolution.py", "columns.swapaxes(2, 3)).sum(axis=0)", "columns.swapaxes(2, 3)).mean(axis=0)"),
    M("db forgets all images but the first", "conv/convolution.py", "dy.sum(axis=(0, 3))", "dy[:1].sum(axis=(0, 3))"),
    M("dx goes through the flipped kernel", "conv/convolution.py", "as_rows(w, groups).swapaxes(1, 2), dy)", "as_rows(w[..., ::-1, ::-1], groups).swapaxes(1, 2), dy)"),
    M("'same' puts the odd pixel left and above", "conv/sizes.py", "return columns // 2, columns - columns // 2, rows // 2, rows - rows // 2", "return columns - columns // 2, columns // 2, rows - rows // 2, rows // 2"),
    M("padding for height and width changes places", "conv/sizes.py", "return columns, columns, rows, rows", "return rows, rows, columns, columns"),
    M("output_padding is ignored", "conv/transposed.py", "painted + extra[axis] - 2 * cut[axis]", "painted - 2 * cut[axis]"),
    M("the transposed convolution's db is divided by N", "conv/transposed.py", "dy.sum(axis=(0, 2, 3))", "dy.mean(axis=0).sum(axis=(1, 2))"),
    M("the transposed convolution's dx uses the flipped kernel", "conv/transposed.py", "np.matmul(as_rows(w, groups), columns)", "np.matmul(as_rows(w[..., ::-1, ::-1], groups), columns)"),
    M("one window too many fits", "_windows.py", "return room // stride + 1", "return -(-room // stride) + 1", WINDOWS),
    M("ceil_mode keeps windows that start in the padding", "_windows.py", "return windows - 1 if (windows - 1) * stride >= size + before else windows", "return windows", WINDOWS),
    # Padding
    M("reflect repeats the edge", "padding.py", "return last - np.abs(last - np.abs(k))", "return np.where(k < 0, -k - 1, np.where(k > last, 2 * last - k + 1, k))"),
    M("circular runs backwards", "padding.py", "return k % size", "return -k % size"),
    M("copies overwrite each other's gradient: = for +=", "padding.py", "dx[source] += dy[i]", "dx[source] = dy[i]"),
    M("the first dimension comes first", "padding.py", "x.ndim - 1 - i: pair", "x.ndim - len(padding) // 2 + i: pair"),
    # Pooling
    M("max-pool pads with zero", "pooling/maximum.py", "    x = pad(x, windows.reach(x, kernel, stride, padding, dilation, size), value=-np.inf)", "    x = pad(x, windows.reach(x, kernel, stride, padding, dilation, size), value=0.0)"),
    M("max-pool's switches look at zero padding", "pooling/maximum.py", "padded = pad(x, windows.reach(x, kernel, stride, padding, dilation, size), value=-np.inf)", "padded = pad(x, windows.reach(x, kernel, stride, padding, dilation, size), value=0.0)"),
    M("ties send the gradient to the last maximum", "pooling/maximum.py", "(seen > y)", "(seen >= y)"),
    M("max-pool's overlaps overwrite: = for +=", "pooling/maximum.py", "np.add.at(dx, (planes + indices).ravel(), dy.ravel())", "dx[(planes + indices).ravel()] = dy.ravel()"),
    M("NaN does not come through max-pool", "pooling/maximum.py", "np.maximum(y, seen, out=y)  # NaN wins", "np.fmax(y, seen, out=y)"),
    M("the stride is 1 unless given", "_windows.py", "stride = kernel if stride is None", "stride = (1, 1) if stride is None", WINDOWS),
    M("average pooling forgets to divide on the way back", "pooling/average.py", "share = dy / divisor", "share = dy"),
    M("average pooling's overlaps overwrite: = for +=", "pooling/average.py", "seen += share", "seen[...] = share"),
    M("count_include_pad the wrong way round", "pooling/average.py", "if not count_include_pad:", "if count_include_pad:"),
    M("windows over the edge divide by their full size", "pooling/average.py", "end = np.minimum(start + kernel[axis], length + border)", "end = start + kernel[axis]"),
    M("adaptive windows do not overlap", "pooling/adaptive.py", "-(-(i + 1) * size // n)", "(i + 1) * size // n"),
    M("adaptive average pooling overwrites: = for +=", "pooling/adaptive.py", "dx[:, :, rows, columns] += dy", "dx[:, :, rows, columns] = dy"),
    M("adaptive ties go to the last maximum", "pooling/adaptive.py", "last, window.argmax(axis=-1))", "last, window.shape[-1] - 1 - window[..., ::-1].argmax(axis=-1))"),
    # Linear
    M("dw is divided by N", "linear.py", "dy_rows.T @ x_rows", "dy_rows.T @ x_rows / rows"),
    M("db is the mean", "linear.py", "dy_rows.sum(axis=0)", "dy_rows.mean(axis=0)"),
    # Activations
    M("relu has slope 1 at 0", "activations/rectifiers.py", "np.where(x <= 0, 0, dy)", "np.where(x < 0, 0, dy)"),
    M("leaky relu has slope 1 at 0", "activations/rectifiers.py", "return np.where(x > 0, dy, slope * dy)", "return np.where(x >= 0, dy, slope * dy)"),
    M("the slope's gradient forgets x", "activations/rectifiers.py", "dy * np.minimum(x, 0), axis", "dy * (x <= 0), axis"),
    M("a shared slope gets the gradient of its last channel", "activations/rectifiers.py", "if w.size == 1 or axis != 1)", "if axis != 1)"),
    M("tanh's gradient taken at x", "activations/squashing.py", "(1 - np.tanh(x) ** 2)", "(1 - x**2)"),
    M("softmax overflows", "activations/squashing.py", "np.exp(_below_largest(x, dim))", "np.exp(x)"),
    M("softmax's gradient has the diagonal alone", "activations/squashing.py", "y * (dy - (dy * y).sum(axis=dim, keepdims=True))", "y * (1 - y) * dy"),
    M("log-softmax's gradient forgets to sum", "activations/squashing.py", "dy - y * dy.sum(axis=dim, keepdims=True)", "dy - y * dy"),
    M("elu's gradient forgets alpha", "activations/smooth.py", "dy * alpha * np.exp", "dy * np.exp"),
    M("elu has slope 1 at 0", "activations/smooth.py", "np.where(x > 0, dy, dy * alpha", "np.where(x >= 0, dy, dy * alpha"),
    M("gelu's constant is rounded", "activations/smooth.py", "_CUBIC = 0.044715", "_CUBIC = 0.0447"),
    M("silu's gradient forgets a term", "activations/smooth.py", "return dy * (s + x * s * (1 - s))", "return dy * x * s * (1 - s)"),
    M("softplus forgets to divide by beta", "activations/smooth.py", "np.logaddexp(0, bx) / float(beta)", "np.logaddexp(0, bx)"),
    # Losses
    M("the square's 2 is lost", "losses/regression.py", "reduction, d.size) * 2 * d", "reduction, d.size) * d"),
    M("the mean is over samples, not entries", "losses/regression.py", "reduce(d * d, reduction, d.size)", "reduce(d * d, reduction, len(d))"),
    M("l1 has slope 1 at 0", "losses/regression.py", "np.sign(d)", "np.where(d >= 0, 1, -1).astype(d.dtype)"),
    M("smooth l1 forgets beta", "losses/regression.py", "0.5 * near * near / beta", "0.5 * near * near"),
    M("the logarithm of 0 is not held", "losses/binary.py", "np.maximum(np.log(input), LOWEST_LOG)", "np.log(input)"),
    M("pos_weight is forgotten on the way back", "losses/binary.py", "((yes + 1 - target) * sigmoid(input) - yes)", "(sigmoid(input) - target)"),
    M("logits overflow", "losses/binary.py", "np.minimum(input, 0) - rest, np.minimum(-input, 0) - rest", "-np.log1p(np.exp(-input)), -np.log1p(np.exp(input))"),
    M("the weighted mean divides by the number of labels", "losses/classification.py", "-share * picked, 0), reduction, share.sum())", "-share * picked, 0), reduction, share.size)"),
    M("cross-entropy's mean counts ignored labels", "losses/classification.py", "        count = share.sum()", "        count = kept.size"),
    M("ignored labels are smoothed", "losses/classification.py", "np.expand_dims(kept, dim).astype(input.dtype) / input.shape[dim]", "np.ones(input.shape, input.dtype) / input.shape[dim]"),
    M("smoothing adds without taking away", "losses/classification.py", "(1 - smoothing) * q", "q"),
    M("class weights are forgotten on the way back", "losses/classification.py", "softmax(input, dim) * total - v", "softmax(input, dim) - v"),
    M("the loss's gradient is divided by N when summed", "losses/_reduction.py", 'if reduction != "mean":', 'if reduction == "none":', ("test_losses.py", "test_crosscheck.py")),
    # Normalisation, dropout
    M("the running variance is biased", "normalization.py", "var * (n / (n - 1))", "var"),
    M("normalising with the unbiased variance", "normalization.py", "np.square(x - mean).mean(axis=axes, keepdims=True)  #", "np.square(x - mean).sum(axis=axes, keepdims=True) / max(x.size // mean.size - 1, 1)  #"),
    M("epsilon outside the root", "normalization.py", "np.sqrt(var + eps)", "np.sqrt(var) + eps"),
    M("momentum the wrong way round", "normalization.py", "(1 - momentum) * running + momentum * batch", "momentum * running + (1 - momentum) * batch"),
    M("the variance's path back is missing", "normalization.py", "(g - by_mean - by_variance) / s", "(g - by_mean) / s"),
    M("the mean's path back is missing", "normalization.py", "(g - by_mean - by_variance) / s", "(g - by_variance) / s"),
    M("evaluation's gradient is not scaled", "normalization.py", "if training else g / s", "if training else g"),
    M("the weight's gradient uses x", "normalization.py", "(dy * xhat).sum(axis=axes)", "(dy * x).sum(axis=axes)"),
    M("dropout does not scale", "dropout.py", "np.asarray(kept, x.dtype) / (1 - p)", "np.asarray(kept, x.dtype)"),
    M("dropout drops what it should keep", "dropout.py", ".random(x.shape) >= p", ".random(x.shape) < p"),
    M("dropout scales in evaluation", "dropout.py", "return x, None", "return x * (1 - p), None"),
    # Layers
    M("gradients replace instead of adding", "module.py", "self.grad = grad.copy() if self.grad is None else self.grad + grad", "self.grad = grad.copy()"),
    M("backward goes through the layers in forward order", "module.py", "for layer in reversed(self.children()):", "for layer in self.children():"),
    M("a layer used twice recalls its first input", "module.py", "values = self._saved.pop()", "values = self._saved.pop(0)"),
    M("eval() does not reach the layers inside", "module.py", "layer.training = mode", "self.training = mode"),
    M("state_dict hands out the parameters themselves", "module.py", "np.array(_array(v)) for name, v", "_array(v) for name, v"),
    M("the cumulative mean starts at one half", "layers/normalizing.py", "1.0 / (int(self.num_batches_tracked) + 1)", "1.0 / (int(self.num_batches_tracked) + 2)"),
    M("the dropout layer drops in evaluation", "layers/normalizing.py", "dropout(x, self.p, self.training, self.rng)", "dropout(x, self.p, True, self.rng)"),
    # Initialisers
    M("the default bound forgets the root", "init.py", "1.0 / math.sqrt(max(fan_in, 1))", "1.0 / max(fan_in, 1)"),
    M("fan_out forgets the groups", "init.py", "out * window // groups", "out * window"),
    M("the leaky gain forgets the square", "init.py", "1.0 + slope**2", "1.0 + slope"),
    M("xavier uses one fan twice", "init.py", "2.0 / max(fan_in + fan_out, 1)", "2.0 / max(2 * fan_in, 1)"),
    # Optimisers, schedules
    M("Adam's epsilon inside the root", "optim.py", "np.sqrt(v) / math.sqrt(1 - beta2**t) + self.eps", "np.sqrt(v / (1 - beta2**t) + self.eps)"),
    M("Adam's epsilon before the bias correction", "optim.py", "np.sqrt(v) / math.sqrt(1 - beta2**t) + self.eps", "(np.sqrt(v) + self.eps) / math.sqrt(1 - beta2**t)"),
    M("Adam does not correct the mean's bias", "optim.py", "self.lr / (1 - beta1**t) * (m / root)", "self.lr * (m / root)"),
    M("AdamW's decay forgets the learning rate", "optim.py", "data *= 1 - self.lr * self.weight_decay", "data *= 1 - self.weight_decay"),
    M("AdamW does not decay unless asked", "optim.py", "weight_decay=1e-2)", "weight_decay=0.0)"),
    M("SGD dampens the first step", "optim.py", "= grad.copy()  #", "= (1 - self.dampening) * grad  #"),
    M("Nesterov looks ahead twice", "optim.py", "grad + self.momentum * velocity if", "velocity + self.momentum * velocity if"),
    M("RMSprop's epsilon inside the root", "optim.py", "root = np.sqrt(v) + self.eps", "root = np.sqrt(v + self.eps)"),
    M("clipping lengthens short gradients", "optim.py", "min(1.0, max_norm / (total + 1e-6))", "max_norm / (total + 1e-6)"),
    M("the step schedule is one step early", "schedules.py", "if t % self.step_size == 0", "if (t + 1) % self.step_size == 0"),
    M("the cosine has half the period", "schedules.py", "(1 + math.cos(math.pi * i / self.T_max) for", "(1 + math.cos(2 * math.pi * i / self.T_max) for"),
    # Data, metrics, training, checkpoints
    M("images and labels part when shuffled", "data.py", "(x[some], y[some])", "(x[some], y[np.sort(some)])"),
    M("nothing is shuffled", "data.py", ".permutation(len(x))[:n]", ".permutation(1).repeat(n) + np.arange(n)"),
    M("drop_last the wrong way round", "data.py", "% batch_size if drop_last else", "% batch_size if not drop_last else"),
    M("a dataset with bytes left over is read", "idx.py", "if len(content) != expected:", "if len(content) < expected:", ("test_data.py",)),
    M("precision and recall change places", "metrics.py", "(tp, called), y_true", "(tp, true), y_true"),
    M("the confusion matrix is transposed", "metrics.py", "y_true * num_classes + y_pred", "y_pred * num_classes + y_true"),
    M("every confidence bin weighs the same", "metrics.py", "np.sum(gap[count > 0] * count[count > 0]) / count.sum()", "np.mean(gap[count > 0])"),
    M("gradients are not cleared between steps", "training.py", "    optimizer.zero_grad()", "    pass"),
    M("a damaged checkpoint is accepted", "checkpoint.py", "if verify and checksum != _checksum(arrays, metadata):", "if False:"),
    M("finite differences look one way", "gradcheck.py", "up, down = x[index] + eps, x[index] - eps", "up, down = x[index] + eps, x[index]"),
    # The engine
    M("a tie in max pooling goes to the last", "engine/pool.py", "np.greater(view, best, out=lead[k])", "np.greater_equal(view, best, out=lead[k])", ENGINE),
    M("overlapping windows overwrite in the engine's pooling", "engine/pool.py", "            view += part", "            view[...] = part", ENGINE),
    M("inputs that no window sees keep an old gradient", "engine/pool.py", "            part[...] = 0", "            pass", ENGINE),
    M("Winograd's windows overwrite each other", "engine/winograd.py", "windows[:, :, columns] += dd[:, :, columns]", "windows[:, :, columns] = dd[:, :, columns]", ENGINE),
    M("Winograd's kernel gradient keeps the last step's", "engine/winograd.py", "        self.du[...] = 0", "        pass", ENGINE),
    M("the band's weight gradient keeps the last step's", "engine/banded.py", "        self.gradient[...] = 0", "        pass", ENGINE),
    M("the band takes the first copy of a weight alone", "engine/banded.py", "(3, 4, 0, 1, 2)).sum(0)", "(3, 4, 0, 1, 2))[0]", ENGINE),
    M("the input is lowered one row short", "engine/banded.py", "(stop - 1) * self.stride[0] + self.span[0])", "(stop - 1) * self.stride[0] + self.span[0] - 1)", ENGINE),
    M("dx forgets what it gathered from other taps", "engine/gather.py", "np.add(part, columns, out=part)", "part[...] = columns", ENGINE),
    M("a depthwise dx overwrites", "engine/depthwise.py", "windows[i, j] += np.multiply", "windows[i, j] = np.multiply", ENGINE),
    M("a block's bias gradient counts the first chunk alone", "engine/block.py", "bias_gradient += ones[: len(long)] @ long", "bias_gradient = ones[: len(long)] @ long", ENGINE),
    M("the engine's batch norm forgets the batch in its statistics", "engine/stages.py", "np.multiply(hat, self._row(weight / count), out=spare)", "np.multiply(hat, self._row(0 * weight), out=spare)", ENGINE),
    M("gradients replace each other in place of adding", "engine/stages.py", "grad if parameter.grad is None else parameter.grad + grad", "grad", ENGINE),
    M("a pooling is fused though its windows overlap", "engine/plan.py", "stride == kernel and padding == (0, 0)", "padding == (0, 0)", ENGINE),
    M("the loss of half a batch is a mean of its own", "engine/loss.py", "scores.dtype.type(1 / total)", "scores.dtype.type(1 / batch)", ENGINE),
    M("the other process's gradients are dropped", "engine/parallel.py", "            parameter.add_grad(grad)", "            pass", ENGINE),
    M("the other process works with old weights", "engine/parallel.py", "            shared[...] = parameter.data", "            pass", ENGINE),
    M("labels are multiplied in their own dtype", "engine/loss.py", "return target.astype(np.intp)", "return target", BOTH),
    M("labels that wrap are let pass", "engine/loss.py", "int(target.max()) >= classes", "int(target.astype(np.int8).max()) >= classes", BOTH),
    M("a criterion with class weights is taken for one without", "engine/loss.py", "if criterion.weight is not None or criterion", "if criterion", ENGINE),
    M("a tall kernel is thought to need no copy", "engine/banded.py", "self.plain = self.span == (1, 1)", "self.plain = self.span[1] == 1", BOTH),
    M("pooling windows do not fit into a batch of products", "engine/banded.py", "if tiles > len(self.ones):", "if False:", BOTH),
    M("a plan outlives the model that it was made from", "engine/engine.py", "key = x.shape, x.dtype, view.facts, view.modes", "key = x.shape, x.dtype, len(view.layers), view.modes", BOTH),
    M("a plan for training runs in evaluation", "engine/engine.py", "key = x.shape, x.dtype, view.facts, view.modes", "key = x.shape, x.dtype, view.facts", BOTH),
    M("backward goes through a model that has changed", "engine/engine.py", "if _facts(self._look()) != _facts(self._running.view):", "if False:", ENGINE),
    M("a gradient of the wrong shape is let in", "engine/engine.py", "if given != (run.shape, run.dtype):", "if given is False:", BOTH),
    M("a replaced parameter is taken for the old one", "engine/table.py", "facts.append((name, id(value), value.data.shape, value.data.dtype))", "facts.append((name, value.data.shape, value.data.dtype))", BOTH),
    M("a parameter's new dtype or shape goes unnoticed", "engine/table.py", "facts.append((name, id(value), value.data.shape, value.data.dtype))", "facts.append((name, id(value)))", ENGINE),
    M("a changed option goes unnoticed", "engine/table.py", "            facts.append((name, _exactly(value)))", "            pass", BOTH),
    M("1.0 is taken for the option 1", "engine/table.py", "else (type(value), value)", "else value", BOTH),
    M("a replaced layer goes unnoticed", "engine/table.py", "= [id(layer)], (), []", "= [type(layer)], (), []", BOTH),
    M("a changed attribute is not looked at again", "engine/table.py", "all(map(operator.is_, values, old_values))", "True", BOTH),
    M("a new array in a parameter is not looked at again", "engine/table.py", "p.data is a for p, a", "True for p, a", ENGINE),
    M("a new input's views are those of the last", "engine/banded.py", "            self.seen = x", "            self.seen = x = self.seen if self.seen is not None and self.seen.shape == x.shape else x", BOTH),
    M("an attribute that came later is ignored", "engine/table.py", "is entry.only[name] for name in extra) else None", "is entry.only[name] for name in ()) else None", BOTH),
    M("a batch is split before a layer norm over it", "engine/table.py", "if type(layer) is L.LayerNorm and len(layer.normalized_shape) >= ndim:", "if False:", BOTH),
    M("a batch is split before a batch norm", "engine/table.py", 'L.BatchNorm1d: Known(NORM, {"track_running_stats": True}, separate=False)', 'L.BatchNorm1d: Known(NORM, {"track_running_stats": True})', BOTH),
    M("infinity and NaN go through the fast stages", "engine/through.py", "return all(np.vdot(a, a) < MOST for a in arrays)", "return True", BOTH),
    M("a gradient that is not finite goes through the fast stages", "engine/plan.py", "if self.ran is self.slow or tame(dy):", "if True:", BOTH),
    M("parameters that are not finite go through the fast stages", "engine/plan.py", "if not tame(x, *(p.data for p in self.parameters)):", "if not tame(x):", BOTH),
    M("a pass that is repeated counts twice in the running statistics", "engine/through.py", "            setattr(twin, name, copy.copy(getattr(twin, name)))", "            pass", BOTH),
    M("engines work in the memory of the layers", "engine/through.py", "module._saved = self.memory.setdefault(module, [])", "pass", BOTH),
    M("one value a channel has a variance", "engine/stages.py", "(values > 1 or not layer.training)", "True", BOTH),
    M("a small running variance cancels", "engine/stages.py", "(1 - momentum) * layer.running_var + momentum * unbiased", "layer.running_var + momentum * (unbiased - layer.running_var)", BOTH),
    M("a negative variance is not refused", "engine/plan.py", " and not (norm.running_var < 0).any()", "", ENGINE),
    M("a worker is used though it was interrupted", "engine/parallel.py", "        self.busy = True", "        self.busy = False", ENGINE),
    M("the answer to another question is taken", "engine/parallel.py", "if number == self.number:", "if True:", ENGINE),
    M("the other process has the model as it was", "engine/parallel.py", "return (self.facts == view.facts and", "return (", BOTH),
    M("a forked process ends its parent's worker", "engine/parallel.py", "if os.getpid() != owner:", "if False:", ENGINE),
    M("a process that was forked uses its parent's worker", "engine/parallel.py", "and self.owner == os.getpid() and", "and", ENGINE),
    M("one engine gives back the threads of another", "engine/parallel.py", "        cls.workers -= 1", "        cls.workers = 0", ENGINE),
    M("an engine is run for another model", "training.py", "if engine.model is not model:", "if False:"),
]
