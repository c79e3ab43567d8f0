import { Box, type Key, render, Text, useApp, useInput } from 'ink';
import { useCallback, useEffect, useRef, useState } from 'react';
import { wordsOf } from '../../errors.ts';
import type { TopRow } from './attention.ts';
import { type Line, linesOf, pageOf, type Scene } from './lines.ts';
import { type Leave, press, type Task, type Top, withRows } from './model.ts';

/** What `top` needs of the world. */
export interface World {
  look: () => { agents: readonly TopRow[]; managerRuns: boolean };
  /** Resolves when it is worth another look, or once nobody looks any more. */
  untilNextLook: (left: AbortSignal) => Promise<void>;
  cpu: Scene['cpu'];
  /** The end of an agent's log. */
  log: (of: TopRow) => Promise<readonly string[]>;
  /** Does it, and says what became of it in a sentence. */
  carryOut: (task: Task) => Promise<string>;
  nowMs: () => number;
  stateDir: string;
  unicode: boolean;
  stdout: NodeJS.WriteStream;
}

/** What a person left it for: with `attach` the terminal is given away, and it goes on from there afterwards. */
export interface Left {
  top: Top;
  deed: Leave;
}

/** Shows agents until a person leaves; undefined where it was ended from outside. */
export async function showTop(top: Top, world: World): Promise<Left | undefined> {
  let left: Left | undefined;
  const app = render(<App beginning={top} world={world} onLeave={(now) => (left = now)} />, {
    stdout: world.stdout,
    exitOnCtrlC: false,
    patchConsole: false,
  });
  await app.waitUntilExit();
  return left;
}

function App({ beginning, world, onLeave }: { beginning: Top; world: World; onLeave: (left: Left) => void }) {
  const { exit } = useApp();
  const size = useSize(world.stdout);
  // What a key does depends on what is true when it is pressed, not when the screen was drawn last.
  const now = useRef({ top: beginning, managerRuns: true, log: [] as readonly string[] });
  const [lines, setLines] = useState<readonly Line[]>([]);
  const [logOf, setLogOf] = useState<TopRow | undefined>();

  const draw = useCallback(
    (change: Partial<typeof now.current>) => {
      now.current = { ...now.current, ...change };
      const { top, ...seen } = now.current;
      const { cpu, stateDir, unicode } = world;
      const next = linesOf(top, { ...size, ...seen, nowMs: world.nowMs(), cpu, stateDir, unicode });
      // A screen that stays as it is costs nothing: to draw one takes longer than to look.
      setLines((before) => (isSame(before, next) ? before : next));
      setLogOf(top.mode.kind === 'logs' ? top.mode.of : undefined);
    },
    [size, world],
  );

  useEffect(() => {
    const left = new AbortController();
    const look = () => {
      const { top } = now.current;
      try {
        const { agents, managerRuns } = world.look();
        draw({ managerRuns, top: withRows(top, agents, world.nowMs()) });
      } catch (error) {
        draw({ top: { ...top, message: wordsOf(error) } });
      }
    };
    const goOn = async () => {
      for (; !left.signal.aborted; await world.untilNextLook(left.signal)) look();
    };
    void goOn();
    return () => left.abort();
  }, [world, draw]);

  useEffect(() => {
    if (logOf === undefined) return draw({ log: [] });
    let shown = true;
    const read = async () => {
      const log = await world.log(logOf).catch((error: unknown) => [wordsOf(error)]);
      if (shown) draw({ log });
    };
    void read();
    const timer = setInterval(read, LOG_EVERY_MS);
    return () => {
      shown = false;
      clearInterval(timer);
    };
  }, [logOf, world, draw]);

  useInput((input, key) => {
    for (const name of namesOf(input, key)) {
      const { top, deed } = press(now.current.top, name, world.nowMs(), pageOf(size));
      draw({ top });
      // What comes with the key that asks is no answer: somebody has pasted something.
      if (top.mode.kind === 'stop') return;
      if (deed === undefined) continue;
      if (deed.do === 'quit' || deed.do === 'attach') {
        onLeave({ top, deed });
        return exit();
      }
      const say = (message: string) => draw({ top: { ...now.current.top, message } });
      say(`${deed.do}: ${deed.of.name} …`);
      void world.carryOut(deed).then(say);
    }
  });

  return (
    <Box flexDirection="column" width={size.columns}>
      {lines.map((line, at) => (
        <Row key={at} line={line} />
      ))}
    </Box>
  );
}

function isSame(some: readonly Line[], others: readonly Line[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ text, tone }, at) => {
      const other = others[at];
      return text === other?.text && tone === other.tone;
    })
  );
}

const LOG_EVERY_MS = 1000;

function Row({ line: { text, tone } }: { line: Line }) {
  return (
    <Text wrap="truncate" {...(tone && STYLES[tone])}>
      {text === '' ? ' ' : text}
    </Text>
  );
}

const STYLES = {
  title: { bold: true },
  selected: { inverse: true },
  urgent: { color: 'red', bold: true },
  waits: { color: 'yellow' },
  bad: { color: 'red' },
  good: { color: 'green' },
  quiet: { dimColor: true },
} as const;

function useSize(stdout: NodeJS.WriteStream): { columns: number; rows: number } {
  const now = () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 });
  const [size, setSize] = useState(now);
  useEffect(() => {
    const resized = () => setSize(now());
    stdout.on('resize', resized);
    return () => void stdout.off('resize', resized);
  }, [stdout]);
  return size;
}

/** By the names of the model; several where somebody types faster than we read. */
function namesOf(input: string, key: Key): string[] {
  if (key.ctrl) return input === 'c' ? ['q'] : [];
  if (key.meta && !key.escape) return [];
  const named = NAMES.find(([is]) => key[is]);
  if (named) return [named[1]];
  return [...input].flatMap((character) => CHARACTERS[character] ?? (character >= ' ' ? [character] : []));
}

/** Several keys that came at once are not told apart by Ink. */
const CHARACTERS: Readonly<Record<string, string>> = {
  '\r': 'return',
  '\n': 'return',
  '\x1b': 'escape',
  '\x7f': 'backspace',
  '\b': 'backspace',
};

const NAMES: readonly (readonly [keyof Key, string])[] = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['pageUp', 'pageUp'],
  ['pageDown', 'pageDown'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'return'],
  ['escape', 'escape'],
  ['backspace', 'backspace'],
  ['delete', 'backspace'],
];
