/** Acts of governance in bytes, and short histories with what must come of them (GOV-1 to GOV-24). */
import { base32, cbor, eventId, hex, sample, uuid } from './oracle.ts'

const node = sample('governance node', 32)
const member = sample('governance member', 16)
const other = sample('governance guardian', 16)
const epoch = sample('governance epoch', 8)
const channel = sample('governance channel', 16)
channel[6] = 0x40 | ((channel[6] ?? 0) & 15)
channel[8] = 0x80 | ((channel[8] ?? 0) & 63)
const random = sample('governance random', 16)
const feeds = [sample('feed a', 16), sample('feed b', 16)].sort((a, b) => Buffer.compare(a, b)) as [
  Uint8Array,
  Uint8Array,
]
const grantId = eventId(1_800_000_000_000, 1, feeds[0])
const author = `${base32(node)}/${base32(member)}`
const text = uuid(grantId)

const bytes = (value: unknown): string => hex(cbor(value))

export const governanceActVectors = () => ({
  comment:
    'GOV-1 to GOV-7, GOV-20, GOV-24, GOV-32, GOV-33, GOV-38: body of a governance event in hex, and what it says. Invalid: dropped, as if it had never come.',
  valid: [
    {
      type: 'server.genesis',
      body: bytes(['Home', 'home', channel, [[node, member]], random]),
      act: { name: 'Home', handle: 'home', governance: uuid(channel), founders: [author], random: hex(random) },
    },
    { type: 'grant', body: bytes([node, member, 100, []]), act: { to: author, rank: 100, roles: [] } },
    {
      type: 'grant',
      body: bytes([node, member, 10, ['10-admin', '50-k3v7qabc']]),
      act: { to: author, rank: 10, roles: ['10-admin', '50-k3v7qabc'] },
    },
    ...['leave', 'kick', 'ban', 'demote'].map((reason, code) => ({
      type: 'revoke',
      body: bytes([grantId, code, feeds.map((feed, i) => [feed, 7 * i])]),
      act: { target: text, reason, cuts: { [base32(feeds[0])]: 0, [base32(feeds[1])]: 7 } },
    })),
    ...registers.map(([key, value]) => ({ type: 'set', body: bytes([key, value]), act: { key, value } })),
    {
      type: 'channel.create',
      body: bytes([0, 'general', 'General']),
      act: { private: false, handle: 'general', name: 'General' },
    },
    { type: 'channel.create', body: bytes([0]), act: { private: true } },
    {
      type: 'member.profile',
      body: bytes([member, 'alice@home.example']),
      act: { member: base32(member), address: 'alice@home.example' },
    },
    {
      type: 'root.set',
      body: bytes([grantId, [[node, member]], 1, [[node, other]], feeds.map((feed, i) => [feed, 7 * i])]),
      act: {
        predecessor: text,
        holders: [author],
        threshold: 1,
        guardians: [`${base32(node)}/${base32(other)}`],
        cuts: { [base32(feeds[0])]: 0, [base32(feeds[1])]: 7 },
      },
    },
    {
      type: 'root.set',
      body: bytes([grantId, [[node, member]], 0, [], []]),
      act: { predecessor: text, holders: [author], threshold: 0, guardians: [], cuts: {} },
    },
    { type: 'root.approve', body: bytes([grantId]), act: { root: text } },
    {
      type: 'feed.resolve',
      body: bytes([node, epoch, 7, [random, member], random, member]),
      act: {
        node: base32(node),
        epoch: hex(epoch),
        from: 7,
        events: [hex(random), hex(member)],
        seal: hex(random),
        certificate: hex(member),
      },
    },
  ],
  invalid: [
    ...invalid('server.genesis', [
      [['Home', 'home', channel, [[node, member]]], 'no random bytes'],
      [['', 'home', channel, [[node, member]], random], 'an empty name'],
      [['Home', 'Home', channel, [[node, member]], random], 'a handle in upper case'],
      [['Home', 'home', channel.with(6, 0x70), [[node, member]], random], 'a governance channel that is no UUIDv4'],
      [['Home', 'home', channel, [], random], 'no founder'],
      [['Home', 'home', channel, Array.from({ length: 17 }, () => [node, member]), random], '17 founders'],
    ]),
    ...invalid('grant', [
      [[node, member, 65_536, []], 'a rank past 65,535'],
      [[node, member, -1, []], 'a negative rank'],
      [[node.subarray(1), member, 1, []], 'a node of 31 bytes'],
      [[node, member, 1, ['admin']], 'a role id without a rank'],
      [[node, member, 1, ['07-x']], 'a role id whose rank begins with 0'],
      [[node, member, 1, Array.from({ length: 21 }, () => '50-x')], '21 roles'],
    ]),
    ...invalid('revoke', [
      [[grantId, 4, []], 'an unknown reason'],
      [[grantId.with(6, 0x40), 0, []], 'a grant id of version 4'],
      [[grantId, 0, feeds.toReversed().map((feed) => [feed, 1])], 'feeds that do not ascend'],
      [[grantId, 0, [feeds[0], feeds[0]].map((feed) => [feed, 1])], 'a feed named twice'],
      [[grantId, 0, [[feeds[0], 1, 2]]], 'a cut of three parts'],
    ]),
    ...invalid('set', [
      [['server/color', 'red'], 'a key that is not known'],
      [['server/name', ''], 'an empty name'],
      [['server/name', ' Home'], 'a name that begins with a space'],
      [['server/name', 'x'.repeat(81)], 'a name of 81 characters'],
      [['server/name', 'a\u202eb'], 'a name that turns its direction around'],
      [['role/admin', ['x', []]], 'a role id without a rank'],
      [['role/50-x', ['x']], 'a role without permissions'],
      [[`channel/${uuid(grantId)}/archived`, 1], 'a flag that is a number'],
      [['channel/general/topic', 'x'], 'a channel by handle'],
      [[`channel/${uuid(grantId)}/handle`, 'General'], 'a handle in upper case'],
      [[`timeout/${base32(member)}`, 1], 'a time-out without a node'],
      [[`name/${base32(member)}`, 'Alice'], 'a name of nobody'],
      [[`name/${author}`, 'Ali\u202ece'], 'a name that turns the text around'],
      [[`name/${author}`, ''], 'an empty name'],
      [['ban/alice', ''], 'a ban without a domain'],
    ]),
    ...invalid('channel.create', [
      [[1, 'general', 'General'], 'an unknown kind'],
      [[1], 'an unknown kind and no name'],
      [[0, 'general'], 'a handle and no name'],
      [[0, 'general', 'General', false], 'four fields'],
      [[0, '-x', 'General'], 'a handle that begins with a dash'],
    ]),
    ...invalid('member.profile', [
      [[member, 'alice'], 'an address without a domain'],
      [[member, 'Alice@home'], 'upper case'],
      [[member, 'a@b', 0], 'three fields'],
    ]),
    ...invalid('root.set', [
      [[grantId, [[node, member]], 0, []], 'no cuts'],
      [[grantId, [], 0, [], []], 'no holder'],
      [[grantId, Array.from({ length: 17 }, (_, i) => [node, member.with(0, i)]), 0, [], []], '17 holders'],
      [[grantId, [[node, member]], 1, [], []], 'a threshold without guardians'],
      [[grantId, [[node, member]], 0, [[node, other]], []], 'guardians without a threshold'],
      [[grantId, [[node, member]], 2, [[node, other]], []], 'a threshold above the number of guardians'],
      [
        [grantId, [[node, member]], 1, Array.from({ length: 17 }, (_, i) => [node, other.with(0, i)]), []],
        '17 guardians',
      ],
      [
        [
          grantId,
          [
            [node, member],
            [node, member],
          ],
          0,
          [],
          [],
        ],
        'a holder named twice',
      ],
      [
        [
          grantId,
          [[node, member]],
          1,
          [
            [node, other],
            [node, other],
          ],
          [],
        ],
        'a guardian named twice',
      ],
      [[grantId, [[node, member]], 0, [], feeds.toReversed().map((feed) => [feed, 1])], 'feeds that do not ascend'],
    ]),
    ...invalid('feed.resolve', [
      [[node, epoch, 7, [random], random], 'no certificate'],
      [[node, epoch, 0, [random], random, member], 'event number 0'],
      [[node, epoch, 7, [], random, member], 'no event'],
      [[node, epoch, 7, Array.from({ length: 513 }, () => member.subarray(15)), random, member], '513 events'],
      [[node, epoch.subarray(1), 7, [random], random, member], 'an epoch of 7 bytes'],
    ]),
    ...invalid('root.approve', [
      [[grantId, 1], 'two fields'],
      [[grantId.with(6, 0x40)], 'an id of version 4'],
    ]),
  ],
})

const registers: readonly (readonly [string, unknown])[] = [
  ['server/name', 'Home'],
  ['role/50-x', ['Host', ['invite', 'kick', 'some.later.permission']]],
  ['role/50-x', null],
  [`channel/${text}/handle`, 'general'],
  [`channel/${text}/name`, 'General'],
  [`channel/${text}/topic`, ''],
  [`channel/${text}/category`, 'Hall'],
  [`channel/${text}/archived`, true],
  [`channel/${text}/private`, false],
  [`channel/${text}/entry/${author}`, true],
  [`channel/${text}/entry/20-moderator`, false],
  [`channel/${text}/override/100-member`, [[], ['send']]],
  [`timeout/${author}`, 1_800_000_000_000],
  [`name/${author}`, 'Alice in Wonderland'],
  [`name/${author}`, null],
  ['ban/eve@away.example', 'spam'],
  ['ban/eve@away.example', null],
]

const invalid = (type: string, cases: readonly (readonly [unknown, string])[]) =>
  cases.map(([value, why]) => ({ type, body: bytes(value), why }))
