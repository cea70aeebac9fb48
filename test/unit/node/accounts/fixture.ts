import { randomBytes } from 'node:crypto'
import type { Accounts, LoginRequest } from '../../../../node/accounts/accounts.ts'
import type { Admission, PasswordHash } from '../../../../node/accounts/components.ts'
import { createAccounts } from '../../../../node/accounts/create-accounts.ts'
import { createSigningKey } from '../../../../node/crypto.ts'
import type { Principal } from '../../../../node/principal.ts'
import { createMemoryStore } from '../../../../node/store/memory-store.ts'
import type { Store } from '../../../../node/store/store.ts'
import { encodeBase32 } from '../../../../spec/base32.ts'
import { HearthError } from '../../../../spec/errors.ts'
import type { NodeId, ServerId, UserName } from '../../../../spec/ids.ts'

export const password = 'correct horse'
export const alice = 'alice' as UserName
export const bob = 'bob' as UserName
export const home = encodeBase32(new Uint8Array(32).fill(1)) as ServerId
export const nodeId = encodeBase32(createSigningKey(new Uint8Array(32).fill(9)).publicKey) as NodeId

export interface Fixture {
  accounts: Accounts
  readonly store: TestStore
  readonly clock: TestClock
  readonly admission: TestAdmission
  readonly passwordHash: TestPasswordHash
  readonly logged: unknown[]
  /** The same data, opened by a new process. */
  restart(): Promise<void>
  login(request: Partial<Omit<LoginRequest, 'password'>> & { password: string }): ReturnType<Accounts['login']>
  /** The principal of a login that goes through. */
  enter(request: Parameters<Fixture['login']>[0]): Promise<Principal>
  /** The code of a login that does not. */
  refusal(request: Parameters<Fixture['login']>[0]): Promise<string>
}

/** Accounts on a memory store with alice in them, a clock that stands, and a password hash that costs nothing. */
export const createFixture = async (given: { passwordHash?: PasswordHash } = {}): Promise<Fixture> => {
  const store = createTestStore()
  const clock = createTestClock()
  const admission = createTestAdmission()
  const passwordHash = createTestPasswordHash(given.passwordHash)
  const logged: unknown[] = []
  const log = (fields: object, message: string): void => void logged.push([fields, message])
  const open = (): Promise<Accounts> =>
    createAccounts(
      {
        store,
        clock,
        admission,
        passwordHash,
        random: (length) => randomBytes(length),
        logger: { debug: log, info: log, warn: log, error: log },
      },
      { nodeId },
    )
  const fixture: Fixture = {
    accounts: await open(),
    store,
    clock,
    admission,
    passwordHash,
    logged,
    restart: async () => {
      await fixture.accounts.stop()
      fixture.accounts = await open()
      await fixture.accounts.start()
    },
    login: ({ password: text, ...rest }) =>
      fixture.accounts.login({
        username: 'alice',
        clientId: 'phone',
        address: '192.0.2.1',
        protocolVersion: 5,
        ...rest,
        password: Buffer.from(text),
      }),
    enter: async (request) => {
      const outcome = await fixture.login(request)
      if (!outcome.ok) throw new HearthError(outcome.code, outcome.reason)
      return outcome.value.principal
    },
    refusal: async (request) => {
      const outcome = await fixture.login(request)
      return outcome.ok ? 'went through' : outcome.code
    },
  }
  await fixture.accounts.createUser({ user: 'alice', password })
  return fixture
}

export interface TestClock {
  now(): number
  advance(ms: number): void
}

export const createTestClock = (): TestClock => {
  let now = 1_800_000_000_000
  return {
    now: () => now,
    advance: (ms) => {
      now += ms
    },
  }
}

export type TestStore = Store & { failing: boolean; commits: number; text(): Promise<string> }

const createTestStore = (): TestStore => {
  const inner = createMemoryStore()
  const store: TestStore = Object.assign(Object.create(inner) as Store, {
    failing: false,
    commits: 0,
    get: inner.get.bind(inner),
    entries: inner.entries.bind(inner),
    commit: async (operations: Parameters<Store['commit']>[0]) => {
      if (store.failing) throw new HearthError('DISK_FULL')
      store.commits += 1
      await inner.commit(operations)
    },
    /** Everything that is stored, to look for what must not be. */
    text: async () => {
      const entries = await inner.entries({ gte: Uint8Array.of(0), lt: Uint8Array.of(255) })
      return entries.map(([key, value]) => `${Buffer.from(key).toString()} ${Buffer.from(value).toString()}`).join('\n')
    },
  })
  return store
}

export interface TestAdmission extends Admission {
  readonly members: Map<UserName, { invitedBy: UserName | undefined; role: string | undefined }>
  /** Users who may not invite. */
  readonly powerless: Set<UserName>
  /** What `admit` throws. */
  refusal: HearthError | undefined
}

const createTestAdmission = (): TestAdmission => {
  const admission: TestAdmission = {
    members: new Map(),
    powerless: new Set(),
    refusal: undefined,
    may: (user, server) => {
      if (server !== home && server !== 'home') throw new HearthError('NOT_FOUND')
      if (user !== undefined && admission.powerless.has(user)) throw new HearthError('NOT_ALLOWED')
      return home
    },
    isMember: (user) => admission.members.has(user),
    admit: (user, _server, by) => {
      if (admission.refusal !== undefined) return Promise.reject(admission.refusal)
      admission.members.set(user, by)
      return Promise.resolve()
    },
  }
  return admission
}

export interface TestPasswordHash extends PasswordHash {
  /** What was verified against, in order. */
  readonly verified: string[]
  running: number
  runningMost: number
  /** When set, every computation waits for it. */
  gate: Promise<void> | undefined
}

const createTestPasswordHash = (real?: PasswordHash): TestPasswordHash => {
  const counted = async <T>(work: () => T | Promise<T>): Promise<T> => {
    hash.running += 1
    hash.runningMost = Math.max(hash.runningMost, hash.running)
    await hash.gate
    try {
      return await work()
    } finally {
      hash.running -= 1
    }
  }
  const hash: TestPasswordHash = {
    verified: [],
    running: 0,
    runningMost: 0,
    gate: undefined,
    hash: (text) => counted(() => real?.hash(text) ?? `$test$${Buffer.from(text).toString('hex')}`),
    verify: (stored, text) => {
      hash.verified.push(stored)
      return counted(() => real?.verify(stored, text) ?? stored === `$test$${Buffer.from(text).toString('hex')}`)
    },
  }
  return hash
}
