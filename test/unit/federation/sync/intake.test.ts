import assert from 'node:assert/strict'
import { createForks } from '../../../../federation/sync/forks.ts'
import { createHoldings } from '../../../../federation/sync/holdings.ts'
import { createIntake } from '../../../../federation/sync/intake.ts'
import { createScope } from '../../../../federation/sync/scope.ts'
import type { Session } from '../../../../federation/sync/session.ts'
import { createSigningKey, createVerify, sha256 } from '../../../../node/crypto.ts'
import { createLog } from '../../../../node/log/create-log.ts'
import { encodeBase32 } from '../../../../spec/base32.ts'
import type { NodeId, ServerId } from '../../../../spec/ids.ts'
import type { Piece } from '../../../../spec/sync/frames.ts'
import { channelId, components, draft } from '../../node/log/fixture.ts'

describe('what comes in from other nodes', () => {
  const verify = createVerify()
  const root = createSigningKey()
  const node = encodeBase32(root.publicKey) as NodeId
  const [old, fresh] = [createSigningKey(), createSigningKey()]
  const channel = channelId()
  const rotatedMs = 1_900_000_000_000

  /** A piece that the node has sealed with a key, at a time. */
  const pieceOf = async (key: typeof old, atMs: number): Promise<Piece> => {
    await using log = await createLog(
      components({
        clock: { now: () => atMs },
        keys: { nodeId: node, publicKey: key.publicKey, sign: key.sign, verify },
      }),
    )
    await log.append(draft(channel, 'hello'))
    await log.seal()
    const [feed] = log.feeds()
    const slice = feed && (await log.slice(feed.feed, 1, 9))
    assert.ok(slice)
    return { ...slice, redactedBy: new Map(), certificates: [] }
  }

  const take = async (piece: Piece, rights: { serves?: boolean; writes?: boolean; revoked?: boolean } = {}) => {
    const { serves = true, writes = true, revoked = false } = rights
    await using log = await createLog(components({ clock: { now: () => rotatedMs + 3_600_000 } }))
    const keys = {
      of: () =>
        (revoked ? [fresh] : [fresh, old]).map(({ publicKey }) => ({
          publicKey,
          certificate: new Uint8Array(),
          notBeforeMs: publicKey === fresh.publicKey ? rotatedMs : 0,
        })),
      revokedOf: () => (revoked ? [{ publicKey: old.publicKey, certificate: new Uint8Array(), notBeforeMs: 0 }] : []),
      learn: () => true,
    }
    const scope = createScope({
      servers: () => [{ server: 'server' as ServerId, governance: channelId(), channels: [channel] }],
      peersOf: () => [],
      mayServe: () => serves,
      mayWrite: () => writes,
      onChanged: () => () => undefined,
    })
    const forks = createForks({ hash: sha256, verify, keys })
    const holdings = createHoldings({ log, hash: sha256 }, forks)
    const clock = { now: () => rotatedMs }
    const intake = createIntake({ log, hash: sha256, verify, keys, clock, scope, holdings, forks, cameFrom: new Map() })
    const session = { node: 'peer' as NodeId, due: { forks: new Set() } } as unknown as Session
    return intake.take(session, piece)
  }

  // SYNC-10
  it('threat 26: an old key seals what is older than the next certificate, and nothing later', async () => {
    assert.equal((await take(await pieceOf(fresh, rotatedMs + 1_000))).status, 'taken')
    assert.equal((await take(await pieceOf(old, rotatedMs - 1_000))).status, 'taken')
    assert.equal((await take(await pieceOf(old, rotatedMs + 61_000))).status, 'dropped')
  })

  it('CERT-4: a key that was revoked seals nothing, however old, and that is not the peer’s fault', async () => {
    const revoked = true
    const refused = await take(await pieceOf(old, rotatedMs - 1_000), { revoked })
    assert.equal(refused.status, 'rejected')
    assert.ok('code' in refused && refused.code === 'SEAL_INVALID')
    assert.equal((await take(await pieceOf(fresh, rotatedMs - 1_000), { revoked })).status, 'taken')
    assert.equal((await take(await pieceOf(createSigningKey(), rotatedMs), { revoked })).status, 'dropped')
  })

  // SYNC-2, SYNC-9
  it('threat 17: is not taken from who may not have it, nor of who was never let in', async () => {
    const piece = await pieceOf(fresh, rotatedMs)
    assert.equal((await take(piece, { serves: false })).status, 'rejected')
    assert.equal((await take(piece, { writes: false })).status, 'held')
    const [event] = piece.events
    assert.ok(event)
    const forged = Uint8Array.from(event)
    forged[forged.length - 1]! ^= 1
    assert.equal((await take({ ...piece, events: [forged] })).status, 'dropped')
    assert.equal((await take(await pieceOf(createSigningKey(), rotatedMs))).status, 'dropped')
  })
})
