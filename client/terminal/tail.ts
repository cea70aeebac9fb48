import { history } from '../../spec/calls/history.ts'
import type { HearthError } from '../../spec/errors.ts'
import type { EventJson, Session } from '../sdk/index.ts'
import { cleanText } from './clean-text.ts'
import type { Channel } from './places.ts'
import { shortAddress } from './short-address.ts'
import type { ChatIo } from './terminal-io.ts'

export interface TailInit {
  readonly channels: readonly Channel[]
  /** So many of each channel first. */
  readonly last: number
  readonly json: boolean
}

/** Prints messages as they come, until the session closes or the signal fires. Throws what closed the session. */
export const tail = async (io: ChatIo, session: Session, init: TailInit, signal: AbortSignal): Promise<void> => {
  const { channels } = init
  const printedFirst = new Set<string>()
  const closed = Promise.withResolvers<HearthError | undefined>()
  const print = (event: EventJson): void => {
    const channel = channels.find(({ id }) => id === event.channel)
    if (channel === undefined || printedFirst.has(event.id)) return
    if (init.json) io.stdout.write(`${JSON.stringify(event)}\n`)
    else if (event.type === 'msg') io.stdout.write(lineOf(event, channel))
  }

  const stop = session.onChange((change) => {
    if (change.kind === 'event') print(change.event)
    if (change.kind !== 'state') return
    if (change.state.kind === 'waiting') io.stderr.write(`${change.state.error.code}, trying again\n`)
    if (change.state.kind === 'closed') closed.resolve(change.state.error)
  })
  signal.addEventListener('abort', () => closed.resolve(undefined))
  try {
    for (const { id } of init.last > 0 ? channels : []) {
      const { events } = await session.call(history, { channel: id, limit: init.last })
      events.forEach(print)
      for (const event of events) printedFirst.add(event.id)
    }
    const refused = await session.subscribe(...channels.map(({ id }) => id))
    for (const error of refused.values()) throw error
    const error = await closed.promise
    if (error !== undefined) throw error
  } finally {
    stop()
  }
}

/** One line for one message: a line feed in it becomes `⏎`, so that nobody can forge another's line. */
const lineOf = ({ time, author, body }: EventJson, { server, handle }: Channel): string => {
  const text = typeof body === 'string' ? cleanText(body).replaceAll('\n', ' ⏎ ') : '(deleted)'
  return `${new Date(time).toISOString()} ${server}/${handle} ${shortAddress(author.address)}: ${text}\n`
}
