import { who } from '../../spec/calls/who.ts'
import { HearthError } from '../../spec/errors.ts'
import type { ChannelId, EventId } from '../../spec/ids.ts'
import type { Change, EventJson, Session } from '../sdk/index.ts'
import { cleanText } from './clean-text.ts'
import { commandNames, runCommand } from './commands.ts'
import { complete, type Completion } from './completion.ts'
import { edit, emptyLine, submitted, textOfLine, type InputLine } from './input-line.ts'
import type { Key } from './keys.ts'
import { paneSize, type Size, type View } from './layout.ts'
import { findChannel, type Channel, type Places } from './places.ts'
import { createMarkers, type Count } from './markers.ts'
import { namesHere } from './names-here.ts'
import { noteOf } from './notes.ts'
import { createPersonal } from './personal.ts'
import { createReading } from './reading.ts'
import { createWhoIsHere } from './who-is-here.ts'
import { indexOfOpen, placeOf, stopsOf, type Stop } from './sidebar.ts'

export interface ChatComponents {
  readonly session: Session
  readonly places: Pick<Places, 'load'>
  readonly size: () => Size
  /** A session by password, for what an app token may not do. Throws HearthError. */
  readonly asPerson: (password: string) => Promise<Pick<Session, 'call'>>
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
  /** Somebody wants something of the person, elsewhere than where they read. */
  readonly onBell?: () => void
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
  const reading = createReading(session, {
    ...init,
    saw: (channel) => markers.saw(channel),
    sawThread: (channel, thread, position) => markers.sawThread(channel, thread, position),
  })
  const markers = createMarkers(session, reading)
  const whoIsHere = createWhoIsHere(session)
  let channels: readonly Channel[] = []
  let online: readonly string[] | undefined
  let completion: Completion | undefined
  let input: InputLine = emptyLine
  let question: Question | undefined
  let notices: readonly string[] = []
  let wantedFirst = init.firstChannel
  let wasToldOfPending = false

  /** Of what is open nothing is unread. */
  const countOf = (id: ChannelId): Count =>
    (id === reading.channel && reading.thread === undefined ? undefined : markers.count(id)) ?? {
      unread: reading.unread(id),
      mentions: 0,
    }
  const stops = (): readonly Stop[] => stopsOf(channels, markers.threads, reading)
  const isNew = ({ channel, thread }: Stop): boolean => (thread ?? countOf(channel.id)).unread > 0
  const findEvent = (id: ChannelId, event: EventId): EventJson | undefined =>
    session
      .timeline(id)
      .events()
      .find((one) => one.id === event)

  const view = (): View => {
    const shown = stops()
    return {
      user: session.user,
      places: shown.map((stop) => ({
        ...placeOf(stop, countOf(stop.channel.id), findEvent),
        status: stop.thread === undefined ? whoIsHere.status(stop.channel.id) : undefined,
      })),
      current: indexOrNone(indexOfOpen(shown, reading)),
      timeline: reading.timeline,
      anchor: reading.anchor,
      notices,
      state: session.state,
      online: online?.length,
      pendingCount: session.pendingCount,
      input: question?.answer ?? input,
      question: question?.prompt,
    }
  }
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
    if (reading.channel === channel) online = answer.online.map(({ address }) => address)
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
  const openThread = (channel: ChannelId, thread: EventId): Promise<void> =>
    attempt(async () => {
      const known = markers.threads.find((one) => one.thread === thread)
      await reading.openThread(channel, thread, known !== undefined && known.unread > 0 ? known.position : undefined)
    })
  const goTo = ({ channel, thread }: Stop): Promise<void> =>
    thread === undefined ? open(channel.id) : openThread(channel.id, thread.thread)
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
      const found = await places.load(personal.session ?? session)
      for (const { id } of channels) if (!found.some((channel) => channel.id === id)) session.forget(id)
      channels = found
      reading.begin(found.map(({ id }) => id))
      await markers.pull()
      const refused = await session.subscribe(...found.map(({ id }) => id))
      channels = found.filter(({ id }) => !refused.has(id))
      await whoIsHere.look(channels.flatMap(({ id, isDirect }) => (isDirect === true ? [id] : [])))
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
    const all = stops()
    const next = all[(indexOfOpen(all, reading) + by + all.length) % all.length]
    if (next !== undefined) await goTo(next)
  }
  const scroll = (by: -1 | 1): Promise<void> => {
    const pane = paneSize(view(), size())
    return attempt(() => reading.scroll(by * Math.max(1, pane.height - 2), pane))
  }
  /** To the line `new` of this channel, or else to what is new next: where somebody is mentioned first. */
  const goToUnread = (): Promise<void> =>
    attempt(async () => {
      if (await reading.toUnread(paneSize(view(), size()))) return
      const all = stops()
      const at = indexOfOpen(all, reading)
      const others = [...all.slice(at + 1), ...all.slice(0, Math.max(0, at))].filter(isNew)
      const next = others.find(({ channel, thread }) => (thread ?? countOf(channel.id)).mentions > 0) ?? others[0]
      if (next !== undefined) await goTo(next)
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
  const personal = createPersonal(session, { askSecret, asPerson: components.asPerson })
  const onAnswerKey = ({ answer, resolve, prompt }: Question, key: Key): void => {
    const name = key.kind === 'key' ? key.name : undefined
    const isOver = name === 'enter' || name === 'escape' || name === 'ctrl-c'
    question = isOver ? undefined : { prompt, resolve, answer: edit(answer, key) ?? answer }
    if (isOver) resolve(name === 'enter' ? textOfLine(answer) : undefined)
  }
  const command = (line: string): Promise<void> =>
    attempt(async () => {
      const { channel, thread, messages } = reading
      const lines = await runCommand(line, {
        session,
        channel,
        thread,
        messages,
        reload,
        open,
        openThread: (root) => (channel === undefined ? Promise.resolve() : openThread(channel, root)),
        find: (name) => findChannel(channels, name),
        quit,
        personally: (spec, input) => personal.call(spec, input),
        nowMs: () => Date.now(),
      })
      if (lines.length > 0) notify(lines)
    })
  const submit = (): void => {
    const text = textOfLine(input)
    if (text.trim() === '') return
    notices = []
    wasToldOfPending = false
    const { channel, thread } = reading
    if (text.startsWith('/') && !text.startsWith('//')) {
      input = submitted(input)
      // not awaited: a command may ask, and the answer comes by keys
      void command(text)
      return
    }
    if (channel === undefined) return notify(['no channel is open; what you typed stays here'])
    input = submitted(input)
    reading.toEnd()
    const within = thread === undefined ? {} : { thread }
    void session.send(channel, text.startsWith('//') ? text.slice(1) : text, within)
    init.onChange()
  }
  /** What was told first, then the thread. */
  const dismiss = async (): Promise<void> => {
    const { channel, thread } = reading
    const wasTold = notices.length > 0
    notices = []
    if (!wasTold && channel !== undefined && thread !== undefined) await open(channel)
  }
  const tab = async (): Promise<void> => {
    if (textOfLine(input) === '') return step(1)
    completion = complete(
      input,
      {
        names: namesHere(reading.messages, online ?? [], session),
        commands: commandNames(),
        channels: channels.flatMap(({ handle, isDirect }) => (isDirect === true ? [] : [handle])),
      },
      completion,
    )
    input = completion?.line ?? input
  }
  const keys: Readonly<Record<string, () => Promise<void> | void>> = {
    enter: submit,
    tab,
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

  const onInbox = (message: Extract<Change, { kind: 'inbox' }>['message']): void => {
    if (markers.take(message)) return
    const note = noteOf(message, reading)
    if (note.isListStale) void reload()
    if (note.line !== undefined) notify([note.line])
    if (note.isBell) init.onBell?.()
  }
  const onSession = (change: Change): void => {
    if (change.kind === 'error') notify([`${change.error.code}: ${change.error.message}`])
    if (change.kind === 'state' && change.state.kind === 'online') void refresh()
    if (change.kind === 'state' && change.state.kind === 'waiting') online = undefined
    if (change.kind === 'timeline') reading.markSeen()
    if (change.kind === 'inbox') onInbox(change.message)
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
