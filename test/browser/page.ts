/** What runs in the page: a client as an application bundles it, and the suite of the offline store on IndexedDB. */
import { connect, openStore, type ConnectInit, type Session } from '../../client/sdk/index.ts'
import { openLevelKeyValue } from '../../client/sdk/store/level-key-value.ts'
import { channelList } from '../../spec/calls/channel.list.ts'
import { serverList } from '../../spec/calls/server.list.ts'
import { HearthError } from '../../spec/errors.ts'
import type { ChannelId } from '../../spec/ids.ts'
import { storeCases } from '../unit/client/sdk/store/suite.ts'

/** Each case on a database of its own; undefined: it passed. */
const runStoreCase = async (name: string): Promise<string | undefined> => {
  const found = storeCases.find((one) => one.name === name)
  if (found === undefined) return `there is no case ${name}`
  try {
    await found.run(() => openLevelKeyValue(`case ${name}`))
    return undefined
  } catch (error) {
    return error instanceof Error ? `${error.message}\n${error.stack}` : String(error)
  }
}

let session: Session | undefined
const open = (): Session => {
  if (session === undefined) throw new Error('nobody has entered')
  return session
}

const enter = async (init: Omit<ConnectInit, 'store'>, channel?: ChannelId): Promise<string | undefined> => {
  session = await connect({ ...init, store: await openStore('client') })
  if (channel !== undefined) await session.subscribe(channel)
  return session.deviceKey
}

/** The first channel of the first server. */
const firstChannel = async (): Promise<ChannelId> => {
  const { servers } = await open().call(serverList, {})
  const { channels } = await open().call(channelList, { server: servers[0]!.handle })
  return channels[0]!.id
}

/** What the channel shows: text, then its state, its mark and its verdict, as far as it has them. */
const shown = (channel: ChannelId): string[] =>
  open()
    .items(channel)
    .map((item) =>
      item.kind === 'event'
        ? [String(item.event.body), item.mark, item.verdict].filter((part) => part !== undefined).join(' · ')
        : `${item.outgoing.text} · ${item.outgoing.state}`,
    )

/** Resolves once the last line that the channel shows is this one. */
const untilShown = (channel: ChannelId, line: string): Promise<string[]> =>
  until(
    () => shown(channel).at(-1) === line,
    () => shown(channel),
  )

const untilState = (kind: Session['state']['kind']): Promise<string> =>
  until(
    () => open().state.kind === kind,
    () => open().state.kind,
  )

const until = <T>(holds: () => boolean, result: () => T): Promise<T> =>
  new Promise((resolve) => {
    const look = (): void => {
      if (!holds()) return
      stop()
      resolve(result())
    }
    const stop = open().onChange(look)
    look()
  })

export const hearth = {
  runStoreCase,
  enter,
  firstChannel,
  follow: async (channel: ChannelId) => {
    await open().subscribe(channel)
    await open().loadOlder(channel)
  },
  enroll: () => open().enrollDevice(),
  say: (channel: ChannelId, text: string) => {
    void open().send(channel, text)
  },
  saved: () => open().saved(),
  /** The code of the error that the store of `enter` is opened with; undefined: it opens. */
  openTwice: (): Promise<string | undefined> =>
    openStore('client').then(
      async (store) => {
        await store.close()
        return undefined
      },
      (error: unknown) => (error instanceof HearthError ? error.code : String(error)),
    ),
  shown,
  untilShown,
  untilState,
  leave: async () => {
    await session?.close()
    session = undefined
  },
}
export type Hearth = typeof hearth
Object.assign(globalThis, { hearth })
