import { z } from 'zod'
import { nodeCommand, shown, textFlag, word } from '../command.ts'
import type { Column, Command } from '../command.ts'

const peer = word(0, 'PEER', 'node id, the beginning of a known one, or a domain')

const columns: readonly Column[] = [
  { key: 'name', title: 'NAME' },
  { key: 'state', title: 'STATE' },
  { key: 'since', title: 'SINCE', kind: 'time' },
  { key: 'rttMs', title: 'RTT MS', kind: 'number' },
  { key: 'bytesIn', title: 'IN', kind: 'bytes' },
  { key: 'bytesOut', title: 'OUT', kind: 'bytes' },
  { key: 'forks', title: 'FORKS', kind: 'number' },
  { key: 'reason', title: 'WHY' },
  { key: 'address', title: 'ADDRESS' },
  { key: 'node', title: 'NODE' },
]

export const peerCommands: readonly Command[] = [
  nodeCommand({
    noun: 'peer',
    verb: 'list',
    summary: 'list the other nodes, how they are connected, and why one is not',
    args: z.strictObject({}),
    examples: ['hearth peer list', 'hearth peer list --json'],
    shape: 'rows',
    columns,
    run: async (node, _input, io) => {
      for (const row of await node.federation.peers()) await io.row({ ...row })
      return undefined
    },
  }),
  nodeCommand({
    noun: 'peer',
    verb: 'add',
    summary: 'keep a connection to another node',
    args: z.strictObject({
      peer: word(0, 'PEER', 'domain, or node id'),
      at: textFlag('ADDRESS', 'where it is, as a multiaddr'),
    }),
    examples: ['hearth peer add friends.example', 'hearth peer add NODE --at /ip4/192.0.2.7/tcp/4001'],
    shape: 'record',
    text: (result) => `node ${shown(result, 'node')} is looked for`,
    run: async (node, input) => ({ ...(await node.federation.addPeer(input)) }),
  }),
  nodeCommand({
    noun: 'peer',
    verb: 'remove',
    summary: 'forget another node',
    args: z.strictObject({ peer }),
    examples: ['hearth peer remove friends.example --yes'],
    destroys: (input) => `Forget the node ${shown(input, 'peer')}, and which key it had?`,
    shape: 'record',
    text: (result) => `node ${shown(result, 'node')} is forgotten; a server that both share brings it back`,
    run: async (node, input) => ({ ...(await node.federation.removePeer(input.peer)) }),
  }),
  nodeCommand({
    noun: 'peer',
    verb: 'ping',
    summary: 'measure how far away a connected node is, and how far its clock is off',
    args: z.strictObject({ peer }),
    examples: ['hearth peer ping friends.example'],
    shape: 'record',
    run: async (node, input) => ({ ...(await node.federation.ping(input.peer)) }),
  }),
  nodeCommand({
    noun: 'peer',
    verb: 'trust',
    summary: 'accept a node that shows another key than before, after asking its admin',
    args: z.strictObject({ peer, domain: textFlag('DOMAIN', 'domain that it has taken over') }),
    examples: ['hearth peer trust NODE --yes', 'hearth peer trust NODE --domain friends.example --yes'],
    destroys: (input) =>
      `Trust the key that ${shown(input, 'peer')} shows now? Somebody could stand in between: ask its admin by another way.`,
    shape: 'record',
    text: (result) => `node ${shown(result, 'node')} is trusted`,
    run: async (node, input) => ({ ...(await node.federation.trust(input)) }),
  }),
]
