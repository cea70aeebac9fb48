import { who } from '../../spec/calls/who.ts'
import { HearthError } from '../../spec/errors.ts'
import type { ChannelId } from '../../spec/ids.ts'
import type { Change, Session } from '../sdk/index.ts'
import { cleanText } from './clean-text.ts'
import { runCommand } from './commands.ts'
import { edit, emptyLine, submitted, textOfLine, type InputLine } from './input-line.ts'
import type { Key } from './keys.ts'
import { paneSize, type Size, type View } from './layout.ts'
import { findChannel, type Channel, type Places } from './places.ts'
import { createMarkers } from './markers.ts'
import { createReading } from './reading.ts'

export interface ChatComponents {
  readonly session: Session
  readonly places: Pick<Places, 'load'>
  readonly size: () => Size
  readonly joinByPassword: (invite: string, password: string) => Promise<void>
}

export interface ChatInit {
  /** Channel → last position that was on the screen, from the last time. */
  readonly seen: ReadonlyMap<ChannelId, number>
  /** Opened first; undefined: the first of the list. */
  readonly firstChannel: string | undefined
  /** Minutes east of UTC at a time. */
  readonly zoneMinutes: (timeMs: number) => number
  /** Something on the screen may have changed. */
  readonly onChange: () => void
  readonly onQuit: () => void
}

/** The chat as a person uses it: keys in, a view out. */
export interface Chat extends Disposable {
  readonly view: View
  readonly seen: ReadonlyMap<ChannelId, number>
  /** From where the next start catches up: what is still unread is read again then. */
  readonly cursor: number | undefined
  /** Reads the list of channels and who is here; follows new channels, forgets lost ones. */
  refresh(): Promise<void>
  /** Resolves when what the key asked for is done. */
  onKey(key: Key): Promise<void>
}

export const createChat = (components: ChatComponents, init: ChatInit): Chat => {
  const { session, places, size } = components
  const reading = createReading(session, init)
  const markers = createMarkers(session, reading)
  let channels: readonly Channel[] = []
  let online: number | undefined
  let input: InputLine = emptyLine
  let question: Question | undefined
  let notices: readonly string[] = []
  let wantedFirst = init.firstChannel
  let wasToldOfPending = false

  const unreadIn = (id: ChannelId): number =>
    (id === reading.channel ? undefined : markers.unread(id)) ?? reading.unread(id)

  const view = (): View => ({
    user: session.user,
    places: channels.map(({ id, server, handle, topic }) => ({
      server,
      channel: handle,
      topic,
      unread: unreadIn(id),
    })),
    current: indexOrNone(channels.findIndex(({ id }) => id === reading.channel)),
    timeline: reading.timeline,
    anchor: reading.anchor,
    notices,
    state: session.state,
    online,
    pendingCount: session.pendingCount,
    input: question?.answer ?? input,
    question: question?.prompt,
  })
  const notify = (lines: readonly string[]): void => {
    notices = lines.map(cleanText)
    init.onChange()
  }
  /** A refusal is told; a lost connection shows in the status line already. */
  const attempt = async (action: () => Promise<unknown>): Promise<void> => {
    try {
      await action()
    } catch (error) {
      if (!(error instanceof HearthError)) throw error
      if (error.code !== 'CONNECTION_LOST') notify([`${error.code}: ${error.message}`])
    }
    init.onChange()
  }

  const countOnline = async (): Promise<void> => {
    const { channel } = reading
    if (channel === undefined) return
    const answer = await session.call(who, { channel })
    if (reading.channel === channel) online = answer.online.length
  }
  /** After a reconnection: a page that the old connection did not bring is asked for again. */
  const continueReading = async (): Promise<void> => {
    await reading.load()
    await countOnline()
  }
  const open = (channel: ChannelId): Promise<void> =>
    attempt(async () => {
      online = undefined
      const opened = reading.open(channel)
      init.onChange()
      await opened
      init.onChange()
      await countOnline()
    })
  let refreshing: Promise<void> | undefined
  /** One at a time: who asks meanwhile gets that one. */
  const refresh = (): Promise<void> => {
    refreshing ??= refreshOnce().finally(() => (refreshing = undefined))
    return refreshing
  }
  /** What is under way may have been asked before the change. */
  const reload = async (): Promise<void> => {
    await refreshing
    await refresh()
  }
  const refreshOnce = (): Promise<void> =>
    attempt(async () => {
      const found = await places.load(session)
      for (const { id } of channels) if (!found.some((channel) => channel.id === id)) session.forget(id)
      channels = found
      reading.begin(found.map(({ id }) => id))
      await markers.pull()
      const refused = await session.subscribe(...found.map(({ id }) => id))
      channels = found.filter(({ id }) => !refused.has(id))
      const stays = channels.some(({ id }) => id === reading.channel)
      if (!stays) reading.close()
      if (!stays && channels.length > 0) await open(firstChannel().id)
      else await continueReading()
      if (channels.length === 0) notify(['you are in no server yet: /join INVITE'])
    })

  const firstChannel = (): Channel => {
    const name = wantedFirst
    wantedFirst = undefined
    return name === undefined ? channels[0]! : findChannel(channels, name)
  }

  const step = async (by: 1 | -1): Promise<void> => {
    const at = channels.findIndex(({ id }) => id === reading.channel)
    const next = channels[(at + by + channels.length) % channels.length]
    if (next !== undefined) await open(next.id)
  }
  const scroll = (by: -1 | 1): Promise<void> => {
    const pane = paneSize(view(), size())
    return attempt(() => reading.scroll(by * Math.max(1, pane.height - 2), pane))
  }
  /** To the line `new` of this channel, or else to the next channel that has something new. */
  const goToUnread = (): Promise<void> =>
    attempt(async () => {
      if (await reading.toUnread(paneSize(view(), size()))) return
      const at = channels.findIndex(({ id }) => id === reading.channel)
      const others = [...channels.slice(at + 1), ...channels.slice(0, Math.max(0, at))]
      const next = others.find(({ id }) => unreadIn(id) > 0)
      if (next !== undefined) await open(next.id)
    })
  const retryFailed = (): void => {
    if (reading.channel === undefined) return
    for (const item of session.items(reading.channel))
      if (item.kind === 'outgoing' && item.outgoing.state === 'failed') session.retry(item.outgoing.id)
  }

  const quit = (): void => {
    const { pendingCount } = session
    if (pendingCount === 0 || wasToldOfPending) return init.onQuit()
    wasToldOfPending = true
    notify([`${pendingCount} of your messages are not stored yet. Quit again to drop them.`])
  }
  const askSecret = (prompt: string): Promise<string | undefined> =>
    new Promise((resolve) => {
      question = { prompt, answer: emptyLine, resolve }
      init.onChange()
    })
  const onAnswerKey = ({ answer, resolve, prompt }: Question, key: Key): void => {
    const name = key.kind === 'key' ? key.name : undefined
    const isOver = name === 'enter' || name === 'escape' || name === 'ctrl-c'
    question = isOver ? undefined : { prompt, resolve, answer: edit(answer, key) ?? answer }
    if (isOver) resolve(name === 'enter' ? textOfLine(answer) : undefined)
  }
  const command = (line: string): Promise<void> =>
    attempt(async () => {
      const { joinByPassword } = components
      const { channel } = reading
      const lines = await runCommand(line, { session, channel, reload, open, quit, askSecret, joinByPassword })
      if (lines.length > 0) notify(lines)
    })
  const submit = (): void => {
    const text = textOfLine(input)
    if (text.trim() === '') return
    notices = []
    wasToldOfPending = false
    const { channel } = reading
    if (text.startsWith('/') && !text.startsWith('//')) {
      input = submitted(input)
      // not awaited: a command may ask, and the answer comes by keys
      void command(text)
      return
    }
    if (channel === undefined) return notify(['no channel is open; what you typed stays here'])
    input = submitted(input)
    reading.toEnd()
    void session.send(channel, text.startsWith('//') ? text.slice(1) : text)
    init.onChange()
  }
  const dismiss = (): void => {
    notices = []
  }
  const keys: Readonly<Record<string, () => Promise<void> | void>> = {
    enter: submit,
    tab: () => step(1),
    'ctrl-n': () => step(1),
    'shift-tab': () => step(-1),
    'ctrl-p': () => step(-1),
    'page-up': () => scroll(1),
    'page-down': () => scroll(-1),
    'ctrl-u': goToUnread,
    'alt-a': goToUnread,
    'ctrl-r': retryFailed,
    escape: dismiss,
    'ctrl-c': quit,
  }

  const onSession = (change: Change): void => {
    if (change.kind === 'error') notify([`${change.error.code}: ${change.error.message}`])
    if (change.kind === 'state' && change.state.kind === 'online') void refresh()
    if (change.kind === 'state' && change.state.kind === 'waiting') online = undefined
    if (change.kind === 'timeline') reading.markSeen()
    markers.push()
    init.onChange()
  }
  const stopListening = session.onChange(onSession)

  return {
    get view() {
      return view()
    },
    seen: reading.seen,
    get cursor() {
      const unread = channels.filter(({ id }) => reading.unread(id) > 0).map(({ id }) => reading.seen.get(id) ?? 0)
      return session.cursor === undefined ? undefined : Math.min(session.cursor, ...unread)
    },
    refresh,
    onKey: async (key) => {
      if (question !== undefined) {
        onAnswerKey(question, key)
        return init.onChange()
      }
      const isEmpty = textOfLine(input) === ''
      if (key.kind === 'key' && key.name === 'ctrl-d' && isEmpty) return quit()
      if (key.kind === 'key' && key.name === 'end' && isEmpty) reading.toEnd()
      else if (key.kind === 'key' && Object.hasOwn(keys, key.name)) await keys[key.name]!()
      else input = edit(input, key) ?? input
      markers.push()
      init.onChange()
    },
    [Symbol.dispose]: () => {
      markers[Symbol.dispose]()
      stopListening()
    },
  }
}

interface Question {
  readonly prompt: string
  readonly answer: InputLine
  readonly resolve: (answer: string | undefined) => void
}

const indexOrNone = (index: number): number | undefined => (index < 0 ? undefined : index)
