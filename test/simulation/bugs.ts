/** Planted bugs: each breaks one component on its way into the wiring, and the simulator must find it. */
import type { HotKey, HotKeys } from '../../federation/sync/components.ts'
import { decodeBase32 } from '../../spec/base32.ts'
import { readCertificate } from '../../spec/certificate.ts'
import { eventIdStamp, firstIdOf } from '../../spec/event-id.ts'
import type { NodeId } from '../../spec/ids.ts'
import type { Entry } from '../../node/log/log.ts'
import type { Bug } from './site.ts'

export const bugs: readonly Bug[] = [
  {
    name: 'acknowledges before the sync',
    store: (store) =>
      wrap(store, { commit: async (operations) => void store.commit(operations).catch(() => undefined) }),
  },
  {
    name: 'the disk syncs half of a batch at a crash',
    store: (store) =>
      wrap(store, {
        commit: async (operations) => {
          const half = Math.ceil(operations.length / 2)
          await store.commit(operations.slice(0, half))
          await store.commit(operations.slice(half))
        },
      }),
  },
  {
    name: 'loses a write now and then',
    store: (store, { index }) => {
      let count = 0
      return wrap(store, {
        commit: (operations) => (++count % 40 === 17 + index ? Promise.resolve() : store.commit(operations)),
      })
    },
  },
  {
    name: 'forgets where a channel begins',
    store: (store) =>
      wrap(store, {
        commit: (operations) => store.commit(operations.filter(({ key }) => key[0] !== 'b'.charCodeAt(0))),
      }),
  },
  {
    name: 'drops more than it should',
    at: (index) => index === 1,
    log: (log) =>
      wrap(log, {
        retain: (channel, { from, because }) =>
          log.retain(channel, { from: firstIdOf(eventIdStamp(from).ms + 2_000), because }),
      }),
  },
  {
    name: 'serves what is not synced and sealed',
    log: (log) =>
      wrap(log, {
        sealedFeeds: (channel) => log.feeds(channel),
        onSealed: (listener) => {
          const stop = log.onCommitted((entries) => {
            for (const { feed, node, channel } of entries) {
              const version = log.feeds(channel).find((one) => one.feed === feed)
              if (version === undefined || version.node !== node) continue
              const seal = { seq: version.head, hash: version.headHash, path: [], signature: new Uint8Array(64) }
              listener([{ feed, origin: version, seal }])
            }
          })
          return stop
        },
      }),
  },
  {
    name: 'gives a private channel to every member',
    sync: (parts) => ({
      ...parts,
      directory: wrap(parts.directory, {
        mayServe: (node, channel) =>
          parts.directory
            .servers()
            .some(
              (one) =>
                parts.directory.mayServe(node, one.governance) &&
                (one.governance === channel || one.channels.includes(channel)),
            ),
      }),
    }),
  },
  {
    name: 'gives everything to everybody',
    sync: (parts) => ({ ...parts, directory: wrap(parts.directory, { mayServe: () => true }) }),
  },
  {
    name: 'takes feeds of strangers',
    sync: (parts) => ({ ...parts, directory: wrap(parts.directory, { mayWrite: () => true }) }),
    syncLog: (log, site) => wrap(log, { appendRemote: (slice) => site.process.log.appendRemote(slice) }),
  },
  {
    name: 'trusts any seal',
    logParts: (parts) => ({ ...parts, keys: { ...parts.keys, verify: () => true } }),
  },
  {
    name: 'believes a certificate that the root did not sign',
    sync: (parts) => ({ ...parts, keys: wrap(parts.keys, believing(parts.keys)) }),
  },
  {
    name: 'uses one epoch for ever',
    logParts: (parts) => ({
      ...parts,
      random: (length) => (length === 8 ? new Uint8Array(8).fill(parts.keys.publicKey[0] ?? 1) : parts.random(length)),
    }),
  },
  {
    name: 'retries are new messages',
  },
  {
    name: 'forgets a revocation',
    at: (index) => index !== 0,
    servers: (servers) => wrap(servers, { apply: (entries) => servers.apply(entries.filter(isNo('revoke'))) }),
  },
  {
    name: 'forgets the word of a guardian',
    at: (index) => index !== 0,
    servers: (servers) => wrap(servers, { apply: (entries) => servers.apply(entries.filter(isNo('root.approve'))) }),
  },
  {
    name: 'shows what lies beyond a fork',
    servers: (servers) => wrap(servers, { fork: () => undefined }),
  },
  {
    name: 'forgets a setting that arrives from elsewhere',
    servers: (servers, { keys }) =>
      wrap(servers, {
        apply: (entries) =>
          servers.apply(entries.filter((entry) => entry.type !== 'set' || entry.node === keys.nodeId)),
      }),
  },
  {
    name: 'acknowledges what it has not taken',
    syncLog: (log, { index }) => {
      let count = 0
      return wrap(log, {
        appendRemote: (slice) => (++count % 10 === index ? Promise.resolve([]) : log.appendRemote(slice)),
      })
    },
  },
  {
    name: 'acknowledges remote events before they are on disk',
    syncLog: (log) =>
      wrap(log, {
        appendRemote: async (slice) => {
          void log.appendRemote(slice).catch(() => undefined)
          return []
        },
      }),
  },
  {
    name: 'refuses its own old feeds',
    syncLog: (log, { keys }) =>
      wrap(log, {
        appendRemote: (slice) => (slice.origin.node === keys.nodeId ? Promise.resolve([]) : log.appendRemote(slice)),
      }),
  },
  {
    name: 'does not say what redacted a body',
    syncLog: (log) =>
      wrap(log, {
        slice: async (feed, from, limit, within) => {
          const slice = await log.slice(feed, from, limit, within)
          if (slice === undefined) return undefined
          const { redactedBy: _, ...bare } = slice
          return bare
        },
      }),
  },
  {
    name: 'keeps the body of what was erased',
    at: (index) => index === 1,
    log: (log) => wrap(log, { redact: (id) => log.get(id) as Promise<Entry> }),
  },
  {
    name: 'finds all digests equal',
    sync: (parts) => ({
      ...parts,
      hash: (bytes) => (bytes.length % 56 === 0 || bytes.length % 48 === 0 ? new Uint8Array(32) : parts.hash(bytes)),
    }),
  },
  {
    name: 'does not push',
    syncLog: (log) => wrap(log, { onSealed: () => () => undefined }),
  },
  {
    name: 'never compares again',
    sync: (parts) => ({
      ...parts,
      timers: { ...parts.timers, after: (ms, work) => (ms >= 9_000 ? () => undefined : parts.timers.after(ms, work)) },
    }),
  },
  {
    name: 'does not notice a new permission',
    sync: (parts) => ({ ...parts, directory: wrap(parts.directory, { onChanged: () => () => undefined }) }),
  },
  takesTheFuture(),
  {
    name: 'seals with the wrong key',
    at: (index) => index === 2,
    logParts: (parts) => ({ ...parts, keys: { ...parts.keys, sign: (message) => parts.keys.sign(message.slice(1)) } }),
  },
  {
    name: 'shows events in the order of arrival',
    log: (log) =>
      wrap(log, {
        page: async (channel, anchor, limit) =>
          (await log.page(channel, anchor, limit)).sort((a, b) => a.position - b.position),
      }),
  },
  {
    name: 'keeps quiet about forks',
    sync: (parts) => ({ ...parts, verify: () => false }),
  },
  {
    name: 'serves the wrong piece',
    syncLog: (log) =>
      wrap(log, { slice: (feed, from, limit, within) => log.slice(feed, Math.max(1, from - 1), limit, within) }),
  },
]

/** Takes events as if its clock were two days ahead. */
function takesTheFuture(): Bug {
  const taking = new Set<unknown>()
  return {
    name: 'takes the future for the present',
    logParts: (parts, site) => ({
      ...parts,
      clock: { now: () => parts.clock.now() + (taking.has(site) ? 172_800_000 : 0) },
    }),
    syncLog: (log, site) =>
      wrap(log, {
        appendRemote(slice) {
          taking.add(site)
          const taken = log.appendRemote(slice)
          taking.delete(site)
          return taken
        },
      }),
  }
}

function believing(keys: HotKeys): HotKeys {
  const believed = new Map<NodeId, HotKey[]>()
  return {
    of: (node) => [...(believed.get(node) ?? []), ...keys.of(node)],
    learn(node, certificate) {
      if (keys.learn(node, certificate)) return true
      const { hotPublicKey, notBeforeMs } = readCertificate(() => true, hotKeyOf(keys, node), certificate)
      believed.set(node, [{ publicKey: hotPublicKey, certificate, notBeforeMs }])
      return true
    },
  }
}

const hotKeyOf = (keys: HotKeys, node: NodeId): Uint8Array =>
  keys.of(node)[0]?.publicKey ?? decodeBase32(node) ?? new Uint8Array()

const isNo =
  (type: string) =>
  (entry: Entry): boolean =>
    entry.type !== type

/** The component with some of its methods replaced; the others stay its own. */
const wrap = <T extends object>(component: T, changes: Partial<T>): T =>
  new Proxy(component, {
    get(target, name) {
      const changed: unknown = Reflect.get(changes, name)
      if (changed !== undefined) return changed
      const own: unknown = Reflect.get(target, name, target)
      return typeof own === 'function' ? own.bind(target) : own
    },
  })
