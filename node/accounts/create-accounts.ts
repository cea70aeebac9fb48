import { HearthError } from '../../spec/errors.ts'
import type { UserName } from '../../spec/ids.ts'
import type { Principal } from '../principal.ts'
import type { Accounts, DeviceView, UserView } from './accounts.ts'
import { createAdmissions } from './admissions.ts'
import type { AccountComponents, AccountInit } from './components.ts'
import { createDeviceKeys } from './device-keys.ts'
import { createDevices } from './devices.ts'
import type { Devices } from './devices.ts'
import { createInvites } from './invites.ts'
import { createLogin } from './login.ts'
import { createPasswords } from './passwords.ts'
import { createRevocations } from './revocations.ts'
import { createSerial } from './serial.ts'
import { openAccountTables } from './tables.ts'
import type { AccountTables, DeviceRecord } from './tables.ts'
import { createTickets } from './tickets.ts'
import { createTokens } from './tokens.ts'
import type { Tokens } from './tokens.ts'
import { createUsers } from './users.ts'

/** Reads the tables; nothing runs before `start()`. Throws CORRUPT, or what the store throws. */
export const createAccounts = async (components: AccountComponents, init: AccountInit): Promise<Accounts> => {
  const { store, clock, random, admission, logger } = components
  const tables = await openAccountTables(store)
  const inTurn = createSerial()
  const revocations = createRevocations(logger)
  const passwords = await createPasswords(components)
  const users = createUsers({ tables, passwords, inTurn, revocations, clock, random })
  const tokens = createTokens({ tables, store, inTurn, revocations, clock, random, logger })
  const keys = createDeviceKeys({ tables, clock }, init)
  const devices = createDevices({ tables, tokens, keys, revocations, clock, logger })
  const tickets = createTickets({ tables, devices, clock }, init)
  const admissions = createAdmissions({ tables, admission })
  const invites = createInvites({ tables, store, inTurn, admission, admissions, clock, random, logger })
  const login = createLogin({ tables, passwords, devices, tokens, tickets, invites, random })

  const viewOf = (name: string): UserView => viewUser(users.find(name), devices, tokens)
  const expire = (): void => {
    tokens.expire()
    tickets.expire()
    invites.expire()
  }
  let timer: ReturnType<typeof setInterval> | undefined
  const stop = (): Promise<void> => {
    clearInterval(timer)
    return Promise.resolve()
  }

  return {
    start: async () => {
      await admissions.finishAll()
      timer = setInterval(expire, expireEveryMs).unref()
    },
    stop,
    [Symbol.asyncDispose]: stop,

    login: async (request) => {
      try {
        const principal = await login.identify(request)
        return { ok: true, value: { principal, sessionKey: sessionKeyOf(principal) } }
      } catch (error) {
        if (error instanceof HearthError) return { ok: false, code: error.code, reason: error.message }
        logger.error({ error }, 'a login failed')
        return { ok: false, code: 'INTERNAL', reason: 'the node made an error' }
      }
    },
    onRevoked: (listener) => revocations.onRevoked(listener),
    isGood: (principal) => isGood(principal, { tables, devices, tokens }),

    createUser: async ({ user, password }) => {
      const { name, ...made } = await users.create(user, password)
      return { user: viewOf(name), ...made }
    },
    has: (user) => tables.users.get(user)?.disabled === false,
    users: () => [...tables.users.all()].map(([name]) => viewOf(name)).toSorted((a, b) => (a.user < b.user ? -1 : 1)),
    user: viewOf,
    setPassword: (name, password) => users.setPassword(name, password),
    changePassword: async (user, change) => {
      const address = `device ${user} ${change.device}`
      if (!(await login.isRightPassword(user, change.old, address))) {
        throw new HearthError('LOGIN_FAILED', 'the old password is wrong')
      }
      await users.replacePassword(user, change.new, { address, keep: change.device })
    },
    setDisabled: async (name, disabled) => {
      await users.setDisabled(name, disabled)
      return viewOf(name)
    },

    devices: (name) => devices.list(users.find(name).name).map(viewDevice),
    revokeDevice: async (name, device) => devices.revoke(users.find(name).name, device),
    enrollDevice: async (user, device, publicKey) => viewDevice(await devices.enroll(user, device, publicKey)),

    keys: (user) => keys.list(user),
    isKey: (user, key) => keys.has(user, key),
    vouch: (user, device, key, value) => keys.vouch(user, device, key, value),

    createToken: async (name, options) => tokens.create(users.find(name).name, options),
    tokens: (name) => tokens.list(name === undefined ? undefined : users.find(name).name),
    revokeToken: async (name, id) => tokens.revoke(name === undefined ? undefined : users.find(name).name, id),

    createInvite: (by, options) => invites.create(by, options),
    invites: (by) => invites.list(by),
    revokeInvite: (by, id) => invites.revoke(by, id),
    register: async (input) => {
      const server = await login.register(input)
      return { user: viewOf(input.user), ...(server !== undefined && { server }) }
    },
    redeemInviteFor: (guest) => invites.redeemFor(guest),
    redeemInvite: async (user, invite) => ({ server: await invites.redeem(invite, `user ${user}`, user) }),
  }
}

const expireEveryMs = 1_000

/** ACC-19: an app token's sessions are apart from its user's own, so that it takes over none of them (threat 6). */
const sessionKeyOf = ({ user, device, token }: Principal): string =>
  token === undefined ? `${user}:${device}` : `${user}:${token}:${device}`

const isGood = (
  { user, device, token }: Principal,
  rooms: { readonly tables: Pick<AccountTables, 'users'>; readonly devices: Devices; readonly tokens: Tokens },
): boolean =>
  rooms.tables.users.get(user)?.disabled === false &&
  rooms.devices.get(user, device)?.revoked === undefined &&
  (token === undefined || rooms.tokens.isGood(token))

const viewUser = (
  { name, record }: { name: UserName; record: { disabled: boolean; created: number } },
  devices: Devices,
  tokens: Tokens,
): UserView => ({
  user: name,
  disabled: record.disabled,
  created: record.created,
  devices: devices.list(name).filter(({ revoked }) => revoked === undefined).length,
  tokens: tokens.count(name),
})

const viewDevice = ({ device, client, firstSeen, lastSeen, address, key, revoked }: DeviceRecord): DeviceView => ({
  device,
  client,
  firstSeen,
  lastSeen,
  address,
  key,
  revoked,
})
