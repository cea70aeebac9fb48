import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createRateLimiter } from '../../../../node/accounts/rate-limit.ts'
import { openProfiles } from '../../../../node/profiles/profiles.ts'
import { createMemoryStore } from '../../../../node/store/memory-store.ts'
import { authorKey } from '../../../../spec/governance/names.ts'
import { keys } from '../../../../spec/governance/registers.ts'
import { writeAct } from '../../../../spec/governance/acts.ts'
import { readAvatar } from '../../../../spec/profile.ts'
import { profileSet } from '../../../../spec/calls/profile.set.ts'
import type { UserName } from '../../../../spec/ids.ts'
import { as, openRoom, operator, user } from '../servers/fixture.ts'

const png = (width = 8, height = 8): Uint8Array => {
  const bytes = Buffer.alloc(57)
  bytes.write('\u0089PNG\r\n\u001a\n\0\0\0\rIHDR', 'latin1')
  bytes.writeUInt32BE(width, 16)
  bytes.writeUInt32BE(height, 20)
  bytes.write('IEND', 49, 'latin1')
  return bytes
}
const jpeg = Buffer.from('ffd8ffe000104a46494600010100000100010000ffc0000b080010002001011100ffd9', 'hex')
const webp = (kind: string, ...rest: number[]): Uint8Array => {
  const bytes = Buffer.alloc(40)
  bytes.write('RIFF\x20\0\0\0WEBP', 'latin1')
  bytes.write(kind, 12, 'latin1')
  Buffer.from(rest).copy(bytes, 20)
  return bytes
}

describe('profiles', () => {
  const setUp = async () => {
    const room = await openRoom()
    await room.servers.createServer(as('alice'), { handle: 'home', name: 'Home', firstChannel: 'general' })
    const server = room.servers.serverByHandle('home')!.id
    await room.servers.admit(user('bob'), server, { invitedBy: operator })
    const store = createMemoryStore()
    const changed: UserName[] = []
    const open = () =>
      openProfiles({
        store,
        servers: room.servers,
        rate: createRateLimiter({ now: () => room.clock.ms }, { perSecond: 1 / 60, burst: 10 }),
        addressOf: (name) => `${name}@home.example`,
        random: randomBytes,
        changed: (name) => changed.push(name),
        logger: { error: (_, text) => assert.fail(text) },
      })
    return { room, server, store, open, changed, profiles: await open() }
  }

  it('PROF-15: a profile has a tag that changes with it and outlasts a restart; whoever says nothing has none', async () => {
    const { profiles, changed, open } = await setUp()
    assert.equal(profiles.tag(user('bob')), undefined)
    await profiles.set(user('bob'), { about: 'hello' })
    const first = profiles.tag(user('bob'))
    assert.equal(first?.length, 8)
    await profiles.set(user('bob'), { about: 'hello you' })
    assert.notDeepEqual(profiles.tag(user('bob')), first)
    assert.deepEqual((await open()).tag(user('bob')), profiles.tag(user('bob')))
    await profiles.set(user('bob'), { about: null })
    assert.equal(profiles.tag(user('bob')), undefined)
    assert.deepEqual(changed, ['bob', 'bob', 'bob'])
  })

  it('PROF-5, PROF-6: a name is what members see as the author, in every server; a nickname counts in its own', async () => {
    const { room, server, profiles } = await setUp()
    const other = await room.servers.createServer(as('bob'), { handle: 'den', name: 'Den' })
    await profiles.set(user('bob'), { name: 'Robert' })
    await profiles.set(user('bob'), { nickname: { server, name: 'Bobby' } })
    const nameIn = (id: typeof server) => room.servers.memberOf(user('bob'), id)?.name
    assert.deepEqual([nameIn(server), nameIn(other.id)], ['Bobby', 'Robert'])
    const { node, member } = room.servers.memberOf(user('bob'), server)!
    assert.deepEqual(room.servers.authorOf(node, member), { address: 'bob@home.example', name: 'Bobby' })
    assert.equal(room.servers.memberOf(user('bob'), server)?.user, 'bob')
    assert.equal(room.servers.userOf(member), 'bob')
    await profiles.set(user('bob'), { nickname: { server, name: null } })
    assert.equal(nameIn(server), 'Robert')
    await profiles.set(user('bob'), { name: null })
    assert.equal(nameIn(server), 'bob')
    assert.equal((await room.again()).memberOf(user('bob'), other.id)?.name, 'bob')
  })

  it('PROF-5: a server that is joined later gets the name', async () => {
    const { room, profiles } = await setUp()
    await profiles.set(user('bob'), { name: 'Robert' })
    const later = await room.servers.createServer(as('alice'), { handle: 'late', name: 'Late' })
    await room.servers.admit(user('bob'), later.id, { invitedBy: operator })
    await profiles.refresh(user('bob'))
    assert.equal(room.servers.memberOf(user('bob'), later.id)?.name, 'Robert')
  })

  it('PROF-6: nobody is named by another, whatever their rank', async () => {
    const { room, server } = await setUp()
    const alice = room.servers.memberOf(user('alice'), server)!
    const bob = room.servers.memberOf(user('bob'), server)!
    const key = keys.memberName(authorKey(bob.node, bob.member))
    const register = { key, value: 'Fool' } as never
    const auth = room.servers.grantOf(alice.node, alice.member, server)
    const channel = room.servers.server(server)!.governance
    await room.log.append({
      channel,
      member: alice.member,
      auth,
      type: 'set',
      body: writeAct({ type: 'set', register }),
    })
    assert.equal(room.servers.memberOf(user('bob'), server)?.name, 'bob')
  })

  it('PROF-1: parts are kept apart, over a restart, and taken away with null', async () => {
    const { profiles, open } = await setUp()
    await profiles.set(user('bob'), { about: 'hello\nthere', pronouns: 'he/him', avatar: png() })
    const again = await open()
    await again.set(user('bob'), { pronouns: null })
    assert.deepEqual(await again.show(user('bob')), {
      address: 'bob@home.example',
      name: 'bob',
      about: 'hello\nthere',
      avatar: { type: 'image/png', data: Buffer.from(png()).toString('base64') },
    })
    await again.set(user('bob'), { avatar: null, about: null })
    assert.deepEqual(await again.show(user('bob')), { address: 'bob@home.example', name: 'bob' })
  })

  it('PROF-5: changes are limited, as each is an event in every server', async () => {
    const { profiles, room } = await setUp()
    for (let i = 0; i < 10; i++) await profiles.set(user('bob'), { about: `${i}` })
    await assert.rejects(profiles.set(user('bob'), { about: 'x' }), /again in/)
    room.clock.ms += 61_000
    await profiles.set(user('bob'), { about: 'y' })
  })

  it('PROF-2, PROF-3: lengths count code points; controls and what turns text around are refused', () => {
    const isTaken = (input: object): boolean => profileSet.input.safeParse(input).success
    assert.ok(isTaken({ name: '🦊'.repeat(80) }) && !isTaken({ name: '🦊'.repeat(81) }))
    assert.ok(isTaken({ about: `${'é'.repeat(498)}\nx` }) && !isTaken({ about: 'é'.repeat(501) }))
    assert.ok(isTaken({ pronouns: 'she/her' }) && !isTaken({ pronouns: 'x'.repeat(41) }))
    for (const bad of ['a\u0000b', 'a\u202eb', 'a\u001b[2J', ' a', 'a\ud800', 'a\u2028b']) {
      assert.ok(!isTaken({ name: bad }), JSON.stringify(bad))
      assert.ok(!isTaken({ about: bad }), JSON.stringify(bad))
    }
    assert.ok(!isTaken({ name: 'a\nb' }) && !isTaken({ name: '' }) && !isTaken({ nickname: 'x' }))
    assert.ok(!isTaken({ avatar: 'a'.repeat(50_000) }))
  })

  it('PROF-4: an avatar is what its bytes say: PNG, JPEG or WebP of a sane size, never SVG', async () => {
    assert.deepEqual(readAvatar(png(640, 480)), { type: 'image/png', width: 640, height: 480 })
    assert.deepEqual(readAvatar(jpeg), { type: 'image/jpeg', width: 32, height: 16 })
    assert.deepEqual(readAvatar(webp('VP8X', 0, 0, 0, 0, 9, 0, 0, 19, 0, 0)), {
      type: 'image/webp',
      width: 10,
      height: 20,
    })
    assert.deepEqual(readAvatar(webp('VP8L', 0x2f, 7, 0x40, 0, 0)), { type: 'image/webp', width: 8, height: 2 })
    const text = (content: string): Uint8Array => Buffer.from(content.padEnd(64))
    for (const [bytes, why] of [
      [text('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'), 'SVG'],
      [text('GIF89a'), 'GIF'],
      [text('<html>'), 'HTML'],
      [png().subarray(0, 40), 'a PNG cut short'],
      [png(100_000, 100_000), 'a bomb'],
      [png(0, 5), 'no width'],
      [jpeg.subarray(0, -2), 'a JPEG cut short'],
      [Buffer.concat([jpeg.subarray(0, 4), Buffer.alloc(40), jpeg.subarray(-2)]), 'a segment of no length'],
      [webp('VP9 '), 'an unknown WebP'],
      [Buffer.concat([png(), Buffer.alloc(32 * 1024)]), 'too many bytes'],
      [new Uint8Array(), 'nothing'],
    ] as const) {
      assert.equal(readAvatar(bytes), undefined, why)
    }
    const { profiles } = await setUp()
    await assert.rejects(profiles.set(user('bob'), { avatar: text('<svg/>') }), /no PNG, JPEG or WebP/)
  })
})
