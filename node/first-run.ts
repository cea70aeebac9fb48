import { z } from 'zod'
import type { UserName } from '../spec/ids.ts'
import type { Accounts } from './accounts/accounts.ts'
import type { FirstRun } from './admin/components.ts'
import type { Servers } from './servers/servers.ts'
import { createRecords } from './store/records.ts'
import type { Store } from './store/store.ts'

const welcomeUser = 'hello'
const firstChannel = 'general'
const tokenDays = 30
const dayMs = 24 * 3600 * 1000

export interface FirstRunComponents {
  readonly store: Store
  readonly servers: Servers
  readonly accounts: Accounts
  readonly clock: { now(): number }
}

/**
 * What a new node starts with: a server with one channel, an admin invite, and an account whose token makes the printed
 * mosquitto lines work. Undefined when an earlier start has done it; one that was cut short is done again, with what
 * it made kept and new secrets.
 */
export async function firstRun(
  components: FirstRunComponents,
  { name }: { readonly name: string },
): Promise<FirstRun | undefined> {
  const { store, servers, accounts, clock } = components
  const done = await createRecords(store, 'first-run', z.object({ at: z.number() }))
  if (done.has('done')) return undefined
  const operator = { kind: 'operator' } as const
  const server = servers.servers()[0] ?? (await servers.createServer(operator, { handle: name, name, firstChannel }))
  const channel = servers.channels(server.id)[0]
  const user = await welcome(accounts)
  await servers.admit(user, server.id, { invitedBy: operator })
  const { secret } = await accounts.createToken(user, {
    name: 'first run',
    channels: channel === undefined ? undefined : [channel.id],
    send: true,
    read: true,
    expiresInMs: tokenDays * dayMs,
  })
  const { code } = await accounts.createInvite(undefined, { server: server.handle, role: 'admin' })
  await done.put('done', { at: clock.now() })
  return { adminInvite: code, server: server.handle, channel: channel?.handle ?? firstChannel, user, token: secret }
}

const welcome = async (accounts: Accounts): Promise<UserName> => {
  const known = accounts.users().find(({ user }) => user === welcomeUser)
  if (known !== undefined) return known.user
  const made = await accounts.createUser({ user: welcomeUser })
  return made.user.user
}
