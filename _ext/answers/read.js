// What somebody typed, as a value: a number, true or false, null, a text, or a list of these.
const WORDS = { true: true, yes: true, y: true, false: false, no: false, n: false, none: null, nan: NaN, inf: Infinity, infinity: Infinity };
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?/i;

class Unreadable extends Error {}

const CLOSES = { "(": ")", "[": "]", "{": "}" };

// What stands around a value and leaves it as it is: its name ("=", "≈" and "~" may come without; none stands in a sum), "about", "np.array".
const NAME = "(?!(?:not?|yes|true|false)\\b)[\\p{L}∂][\\p{L}\\p{N}_∂/′]*'*", SOME = "(?:≈|~(?= ?[-+]?\\(*[-+]?\\.?\\d))";
const NAMES = new RegExp(`(?:(^|[,;([{]|(?<![-+*×·x] *)\\s)\\s*["']?${NAME}["']?\\s*(?:[=≈]|:=?)|(^|[,;([{])\\s*(?:=|${SOME}))\\s*${SOME}?\\s*`, "giu");
const ABOUT = /(?<![\p{L}\p{N}_])(?:about|approx(?:imately|\.)?|around|roughly|circa|ca\.?)(?= ?[-+.\d(])/giu;
const KIND = new RegExp("(?<![\\p{L}\\p{N}_.])(?:(?:np|numpy|torch)\\.)?"
  + "(?:(?:as)?(?:array|tensor)|matrix|Size|tuple|list|dict|float(?:32|64)?|int64(?=\\([+-]?\\d+\\))) ?(?=\\()", "giu");
const OPTIONS = /, ?(?:dtype=[\w.]*float\w*|requires_grad=\w+|grad_fn=<\w+>)(?=[,)])/gi;
const bare = (text) => text.replace(KIND, "").replace(OPTIONS, "").replace(/\bnp\.(true|false)_/gi, "$1").replace(ABOUT, "~")
  .replace(NAMES, "$1$2");

// One sign for each meaning: * and ^ for products and powers however they are written; no full stop at the end.
const UP = "⁰¹²³⁴⁵⁶⁷⁸⁹";
// "½" and "1½" as quotients, the first of them with a stroke of its own.
const quotients = (text) => text.replace(/(\d*)([¼-¾⅐-⅞])/g, (_, whole, sign) => {
  const [over, under] = sign.normalize("NFKC").split("⁄").map(Number);
  return `${Number(whole) * under + over}/${under}`;
}).replace(/⁄/g, "/");
const simple = (text) => bare(quotients(text.trim()).replace(/[−–⁻]/g, "-").replace(/[\u00a0\u2009\u202f]/g, " ").replace(/[“”„]/g, '"').replace(/[‘’]/g, "'")
  .replace(new RegExp(`(?<=[\\d.)] ?)(-?)([${UP}]+)`, "g"), (_, sign, up) => `^${sign}${[...up].map((digit) => UP.indexOf(digit)).join("")}`)
  .replace(/\*\*/g, "^").replace(/[×·⋅∙]|(?<=[\d.)] ?)x(?= ?[\d.(+-])/gi, "*")).replace(/(?<=[^.\s])\.$/, "");

// Thousands, which begin with 1 to 9, without their mark.
const joined = (text, mark) => text.replace(new RegExp(`(?<![\\d.])[1-9]\\d{0,2}(?:${mark}\\d{3})+(?!\\d)`, "g"), (n) => n.replace(/\D/g, ""));
// Commas before decimals as points, where all points are those of thousands.
function decimals(text) {
  const plain = joined(text, "\\.");
  return /\d,\d/.test(plain) && !/\d\.|\.\d/.test(plain) ? plain.replace(/(\d),(?=\d)/g, "$1.") : text;
}

// All readings of a text, the likeliest first. A comma between digits separates, or stands before decimals or thousands; a
// sign of multiplication may stand between the sizes of a shape, a stroke between rows, "and" between either.
function readings(text, count) {
  const ways = [", ", "; "].flatMap((and) => {
    const plain = joined(simple(text.replace(/,? +and +(?=[^)\]} ])/gi, and)), "'"), spaced = joined(plain, " ");
    const shape = /^[\d*. ]+$/.test(plain) ? [plain.replace(/\*/g, ",")] : [];
    return [...shape, plain, plain.replace(/ \/ /g, "; "), decimals(plain), joined(plain, ","), spaced, decimals(spaced)];
  });
  const found = [...new Set(ways)].map((way) => value(way, count)).filter((v) => v !== undefined);
  return found.length ? found : [text.trim()];
}

// The value of a text as Python would read it, but that spaces and semicolons separate as well; undefined if none.
// Nor where a sum leaves more or fewer than `count` numbers: its sign may stand between two.
function value(text, count) {
  let at = 0, summed = false;
  const space = () => { while (text[at] === " ") at++; };
  const take = (pattern) => {
    const found = pattern.exec(text.slice(at));
    if (found) at += found[0].length;
    return found;
  };
  const need = (found) => { if (!found) throw new Unreadable(); return found; };

  // The parts up to a closing bracket, or to the end; rows of parts where a semicolon stands between them.
  function parts(end) {
    const rows = [[]];
    let comma = false, row = false, blank = false, sum = false;
    for (space(); at < text.length && text[at] !== end; space()) {
      let one = part();
      for (let sign; typeof one === "number" && (sign = take(/^(?: +[+-] +(?=[\d.(+-])|[+-](?=[\d.(]))/)); sum = summed = true) {
        const by = part();
        need(typeof by === "number");
        one += sign[0].includes("-") ? -by : by;
      }
      rows.at(-1).push(one);
      const before = at;
      space();
      const mark = take(/^[,;]/);
      comma = Boolean(mark);
      if (mark && mark[0] === ";") { rows.push([]); row = true; }
      // Without a mark, a space separates, or the bracket after a list; a sign on its own is no separator but a sum.
      const apart = before < at || Array.isArray(rows.at(-1).at(-1)) && text[at] in CLOSES;
      if (!mark && at < text.length && text[at] !== end) blank = need(apart && !/^[+-]\s/.test(text.slice(at)));
    }
    need(!(sum && blank));
    if (!rows.at(-1).length) rows.pop();
    const several = row && rows.some((r) => r.length > 1);
    return { list: several ? rows : rows.flat(), comma: comma || several };
  }

  function part() {
    let result = factor();
    if (typeof result !== "number") return result;
    for (let sign; (sign = take(/^ ?([*/]) ?(?=[\d.(+-])/));) {
      const by = factor();
      need(typeof by === "number");
      result = sign[1] === "*" ? result * by : result / by;
    }
    return take(/^ ?%/) ? result / 100 : result;
  }

  function factor() {
    const open = text[at];
    if (open in CLOSES) {
      at++;
      const { list, comma } = parts(CLOSES[open]);
      need(text[at++] === CLOSES[open]);
      const [one] = list, alone = open === "(" && list.length === 1 && !comma; // (10) is a number, (10,) a list
      return !alone ? list : typeof one === "number" ? raised(one) : one;
    }
    const quoted = take(/^(?:"([^"]*)"|'([^']*)')/);
    if (quoted) return quoted[1] ?? quoted[2];
    const word = take(/^[+-]?[a-z]+/i);
    if (word) {
      const [, sign, name] = /^([+-]?)(.*)$/.exec(word[0].toLowerCase());
      need(Object.hasOwn(WORDS, name) && (!sign || typeof WORDS[name] === "number"));
      return sign === "-" ? -WORDS[name] : WORDS[name];
    }
    const [digits] = need(take(NUMBER)), minus = digits.startsWith("-"); // −2² is −4
    return minus ? -raised(-Number(digits)) : raised(Number(digits));
  }

  function raised(base) {
    if (!take(/^ ?\^ ?/)) return base;
    const power = factor();
    need(typeof power === "number");
    return base ** power;
  }

  try {
    const { list, comma } = parts("");
    need(at === text.length && list.length && (!summed || list.flat(9).length === count));
    return list.length === 1 && !comma ? list[0] : list;
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}
