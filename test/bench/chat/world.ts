import { randomBytes } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'
import { createAccounts } from '../../../node/accounts/create-accounts.ts'
import { admissionTo } from '../../../node/admission.ts'
import { openDataFolder } from '../../../node/data-folder/data-folder.ts'
import { openData } from '../../../node/data.ts'
import { createServers } from '../../../node/servers/create-servers.ts'
import type { Servers } from '../../../node/servers/servers.ts'
import type { ChannelId, ServerId, UserName } from '../../../spec/ids.ts'
import { encodeMessage } from '../../../spec/message.ts'
import { inParallel } from '../in-parallel.ts'

export interface WorldInit {
  readonly folder: string
  /** Server → number of channels, each with so many messages by `writer`. */
  readonly servers: Readonly<Record<string, { readonly channels: number; readonly messages: number }>>
  /** Members of the server `crowd`. */
  readonly people: number
}

export const password = 'a bench has no secrets'

/** Fills the data of a node that is down, by the node's own rooms, with password hashes that cost little. Returns each person's app token. */
export const fillWorld = async ({ folder, servers: wanted, people }: WorldInit): Promise<string[]> => {
  await using opened = new AsyncDisposableStack()
  const { layout } = opened.use(await openDataFolder(folder))
  const { log, store, keys } = opened.use(await openData(layout, { clock: Date }))
  const servers = createServers(
    { append: (draft) => log.append(draft), log, random: randomBytes, clock: Date },
    { nodeId: keys.nodeId, nodeName: keys.nodeId },
  )
  await servers.start()
  const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
  const cheap = { memoryCost: 8, timeCost: 1, parallelism: 1 }
  const accounts = await createAccounts(
    {
      store,
      clock: Date,
      random: randomBytes,
      passwordHash: { hash: (text) => hash(text, cheap), verify },
      admission: admissionTo(servers),
      logger: quiet,
    },
    { nodeId: keys.nodeId },
  )
  const operator = { kind: 'operator' } as const
  const invitedBy = operator
  for (const user of ['writer', 'reader']) await accounts.createUser({ user, password })
  for (const [handle, { channels, messages }] of Object.entries(wanted)) {
    const { id } = await servers.createServer(operator, { handle, name: handle })
    for (const user of ['writer', 'reader']) await servers.admit(user as UserName, id, { invitedBy })
    await Promise.all(
      Array.from({ length: channels }, (_, index) => servers.createChannel(operator, id, { handle: `c${index}` })),
    )
    await sayInAll(servers, log, id, messages)
  }
  const crowd = await servers.createServer(operator, { handle: 'crowd', name: 'Crowd', firstChannel: 'general' })
  await servers.admit('writer' as UserName, crowd.id, { invitedBy })
  const tokens = await inParallel(people, async (index) => {
    const { user } = await accounts.createUser({ user: personName(index), password })
    await servers.admit(user.user, crowd.id, { invitedBy })
    return (await accounts.createToken(user.user, { name: 'bench', send: true, read: true })).secret
  })
  await accounts.stop()
  return tokens
}

export const personName = (index: number): string => `p${index}`

/** Round by round, as channels are read in turn. */
const sayInAll = async (
  servers: Servers,
  log: { append: Awaited<ReturnType<typeof openData>>['log']['append'] },
  server: ServerId,
  messages: number,
): Promise<void> => {
  const channels = servers.channels(server).map(({ id }) => id)
  const say = (channel: ChannelId, index: number) => {
    const seat = servers.authorise('writer' as UserName, channel, 'send', Date.now())
    if (!seat.ok) throw new Error(seat.reason)
    const text = `message ${index} of those that somebody has not read yet, as long as messages are on average`
    const body = encodeMessage({ clientMessageId: undefined, text, replyTo: undefined, thread: undefined })
    return log.append({ channel, member: seat.member, auth: seat.auth, type: 'msg', body })
  }
  for (let index = 0; index < messages; index++) {
    await Promise.all(channels.map((channel) => say(channel, index)))
  }
}
