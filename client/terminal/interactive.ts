import type { ChannelId } from '../../spec/ids.ts'
import type { HearthError } from '../../spec/errors.ts'
import type { Session } from '../sdk/index.ts'
import { createChat } from './chat.ts'
import { createKeyDecoder } from './keys.ts'
import { layout } from './layout.ts'
import type { Places } from './places.ts'
import { createScreen } from './screen.ts'
import type { ChatIo } from './terminal-io.ts'

export interface InteractiveInit {
  /** Opened first. */
  readonly channel: string | undefined
  readonly seen: ReadonlyMap<ChannelId, number>
  readonly places: Places
  readonly asPerson: (password: string) => Promise<Session>
}

/** How often the list of channels and who is here are read again. */
const refreshMs = 30_000

/** What the next start goes on from. */
export interface Left {
  readonly seen: ReadonlyMap<ChannelId, number>
  readonly cursor: number | undefined
}

/** The chat on the whole screen, until the person quits. Throws what closed the session. */
export const interactive = async (
  io: ChatIo,
  session: Session,
  init: InteractiveInit,
  signal: AbortSignal,
): Promise<Left> => {
  const screen = createScreen(io.stdout, { colors: !io.env['NO_COLOR'] })
  const ended = Promise.withResolvers<HearthError | undefined>()
  let isDrawing = false
  const draw = (): void => {
    isDrawing = false
    screen.draw(layout(chat.view, screen.size))
  }
  /** Many changes of one turn are one drawing. */
  const drawSoon = (): void => {
    if (isDrawing) return
    isDrawing = true
    setImmediate(draw)
  }
  using chat = createChat(
    { session, places: init.places, size: () => screen.size, asPerson: init.asPerson },
    {
      seen: init.seen,
      firstChannel: init.channel,
      zoneMinutes: (timeMs) => -new Date(timeMs).getTimezoneOffset(),
      onChange: drawSoon,
      onQuit: () => ended.resolve(undefined),
      onBell: () => screen.bell(),
    },
  )
  const stop = session.onChange((change) => {
    if (change.kind === 'state' && change.state.kind === 'closed') ended.resolve(change.state.error)
  })
  const decode = createKeyDecoder()
  // keys act one after the other: what is typed during a page load goes where it was meant to
  let keysDone: Promise<void> = Promise.resolve()
  const onInput = (chunk: Uint8Array): void => {
    for (const key of decode(chunk)) keysDone = keysDone.then(() => chat.onKey(key))
    keysDone.catch(ended.reject)
  }
  const onResize = (): void => {
    screen.invalidate()
    drawSoon()
  }
  const onAbort = (): void => ended.resolve(undefined)
  const timer = setInterval(() => void chat.refresh().catch(ended.reject), refreshMs)

  screen.open()
  io.stdin.setRawMode?.(true)
  io.stdin.on('data', onInput)
  io.stdin.resume()
  io.stdout.on('resize', onResize)
  signal.addEventListener('abort', onAbort)
  try {
    draw()
    if (session.state.kind === 'online') await chat.refresh()
    const error = await ended.promise
    if (error !== undefined) throw error
    return { seen: chat.seen, cursor: chat.cursor }
  } finally {
    clearInterval(timer)
    stop()
    signal.removeEventListener('abort', onAbort)
    io.stdout.off('resize', onResize)
    io.stdin.off('data', onInput)
    io.stdin.pause()
    io.stdin.setRawMode?.(false)
    screen.close()
  }
}
