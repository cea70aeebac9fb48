import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { HomeNode, Started } from '../admin/components.ts'
import type { Config } from '../config/settings.ts'
import { card } from './card.ts'
import { configFor } from './config.ts'
import { paintFor, wantsColour } from './io.ts'
import type { CliIo } from './io.ts'
import type { Invocation } from './parse.ts'
import { printable } from './print.ts'

const interruptedExit = 130

/** Starts the node, prints the card, and stays until SIGINT or SIGTERM. A second one does not wait. */
export const runUp = async (invocation: Invocation, io: CliIo): Promise<number> => {
  const { config } = configFor(invocation, io)
  const interrupts = interruptsOf(io)
  try {
    const node = await loadNode(config)
    const started = await node.start()
    announce(started, { json: invocation.common.json === true, dataFlag: invocation.common.data }, io)
    giveMemoryBack()
    await interrupts.first
    io.stderr.write('\nStopping: what was accepted goes to disk. Once more to stop at once.\n')
    const done = await Promise.race([node.stop().then(() => true), interrupts.second.then(() => false)])
    if (!done) process.exit(interruptedExit)
    io.stderr.write(`Stopped. The data is in ${printable(config.data)}.\n`)
    return 0
  } finally {
    interrupts.release()
  }
}

/** What starting left behind (modules compiled, schemas built) goes back to the system, once. */
const giveMemoryBack = (): void => {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect === 'function') collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}

/** The composition root is loaded here and nowhere else. */
const loadNode = async (config: Config): Promise<HomeNode> => {
  const { createNode } = await import('../node.ts')
  return createNode(config)
}

const announce = (
  started: Started,
  how: { readonly json: boolean; readonly dataFlag: string | undefined },
  io: CliIo,
): void => {
  if (how.json) {
    const { status, firstRun, selfSigned } = started
    io.stdout.write(`${JSON.stringify({ ready: true, ...status, selfSigned, firstRun })}\n`)
    return
  }
  io.stdout.write(
    card(started, {
      command: io.env['HEARTH_COMMAND'] ?? 'hearth',
      dataFlag: how.dataFlag,
      box: io.stdout.isTTY === true,
      paint: paintFor(wantsColour(io, io.stdout)),
    }),
  )
}

const interruptsOf = (
  io: CliIo,
): { readonly first: Promise<void>; readonly second: Promise<void>; release(): void } => {
  const first = Promise.withResolvers<void>()
  const second = Promise.withResolvers<void>()
  let count = 0
  const release = io.onInterrupt(() => {
    count += 1
    if (count === 1) first.resolve()
    else second.resolve()
  })
  return { first: first.promise, second: second.promise, release }
}
