/** Somebody who does what a page says: types its commands, runs its programs, looks at what is shown. */
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { startNode, type NodeProcess } from '../../support/node-process.ts'
import { openTerminal } from '../chat/tmux.ts'
import { fits, printedBy, type Block, type Statement } from './blocks.ts'
import { environmentOf, furnish, type House } from './house.ts'
import { getToKnow } from './placeholders.ts'

export interface Reader extends AsyncDisposable {
  /** Rejects when a command fails, or what the page says is shown is not. */
  type(statement: Statement): Promise<void>
  /** Rejects when it was not shown, and is not soon. */
  sees(line: string): Promise<void>
  /** Runs a program. It ends well, unless nothing in it closes its session: then it goes on. */
  run(block: Block): Promise<void>
}

/** What is typed in pages and tested elsewhere. */
const doneElsewhere = new Map([
  [/^\.\/hearth up\b/, 'the node of this test; test/unit/node/cli/launcher.test.ts has the launcher'],
  [/^npm ci && npm test\b/, '.ci runs it'],
])

const shownMsMax = 20_000

export interface ReaderInit {
  /** Who has an account already, with the password of `house.ts`, and is in the server `home`. */
  readonly people: readonly string[]
  /** Reads in a clone of Hearth, not in a project of their own. */
  readonly isClone: boolean
}

export const openReader = async ({ people, isClone }: ReaderInit): Promise<Reader> => {
  await using opening = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'hearth-page-'))
  opening.defer(() => rm(folder, { recursive: true, force: true }))
  const node = opening.use(await startNode({ flags: ['--name', 'home'] }))
  const house: House = { folder, node }
  await furnish(house, isClone)
  const known = await getToKnow(people, node)
  const lines = collectLines((line) => known.learn(line))
  let neighbour: NodeProcess | undefined

  /** A community elsewhere, with somebody who wants to come here. */
  const there = async (): Promise<NodeProcess> => {
    neighbour ??= opened.use(await startNode({ flags: ['--name', 'there'] }))
    const added = await neighbour.cli('user', 'add', 'ada')
    assert.equal(added.code, 0, added.stderr)
    return neighbour
  }

  const start = (words: readonly string[], at: NodeProcess): { child: ChildProcess; ended: Promise<number | null> } => {
    const [command = '', ...rest] = words
    const child = spawn(command, rest, {
      cwd: join(folder, 'project'),
      env: environmentOf({ ...house, node: at }),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const ended = once(child, 'close').then(([code]) => code as number | null)
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', lines.add)
    }
    opened.defer(async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill()
      await ended
    })
    return { child, ended }
  }

  /** Ends by itself, and well. */
  const finish = async (words: readonly string[], at: NodeProcess): Promise<void> => {
    const code = await start(words, at).ended
    assert.equal(code, 0, `exited ${String(code)}; shown so far:\n${lines.all().join('\n')}`)
  }

  const talk = async (command: string): Promise<void> => {
    await using terminal = await openTerminal({
      command: ['sh', '-c', `cd ${join(folder, 'project')} && ${command}`],
      environment: environmentOf(house),
    })
    await terminal.until(/● online/)
  }

  const opened = opening.move()
  return {
    type: async ({ command: typed, shown }) => {
      if ([...doneElsewhere.keys()].some((pattern) => pattern.test(typed))) return
      const command = known.apply(typed.replace(/ &$/, ''))
      const from = lines.all().length
      if (/^(?:\S*\/)?mosquitto_sub /.test(command)) {
        // The wrapper prints the packets: with the SUBACK a message that is sent now will arrive.
        void start(['sh', '-c', `exec ${command}`], node)
        await lines.until(/^Subscribed \(mid: /, from)
      } else if (command.startsWith('./hearth chat ') && !/ --(?:say|tail)/.test(command)) await talk(command)
      else await finish(['sh', '-eu', '-c', command], typed.endsWith('# there') ? await there() : node)
      for (const text of shown.map((text) => known.apply(text)))
        await lines.until((line) => fits(line, text), from, text)
    },
    sees: (text) => lines.until((line) => fits(line, text), 0, text),
    run: async (block) => {
      const file = join(folder, 'project', `line-${block.line}.ts`)
      await writeFile(file, known.apply(block.text))
      const from = lines.all().length
      const words = [process.execPath, file]
      if (block.text.includes('.close()')) await finish(words, node)
      else void start(words, node)
      for (const text of printedBy(block)) await lines.until((line) => fits(line, text), from, text)
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

/** What programs show, line by line, whichever of them. */
const collectLines = (seen: (line: string) => void) => {
  const all: string[] = []
  const waiting = new Set<() => void>()
  return {
    all: (): readonly string[] => all,
    add: (line: string): void => {
      all.push(line)
      seen(line)
      for (const look of waiting) look()
    },
    /** One from `from` on that matches. Rejects with all that was shown, after a long time. */
    until: (matches: RegExp | ((line: string) => boolean), from: number, what = String(matches)): Promise<void> =>
      new Promise((resolve, reject) => {
        const isIt = typeof matches === 'function' ? matches : (line: string) => matches.test(line)
        const look = (): void => {
          if (!all.slice(from).some(isIt)) return
          clearTimeout(timer)
          waiting.delete(look)
          resolve()
        }
        const timer = setTimeout(() => {
          waiting.delete(look)
          reject(new Error(`not shown: ${what}\nbut:\n${all.slice(from).join('\n')}`))
        }, shownMsMax)
        waiting.add(look)
        look()
      }),
  }
}
