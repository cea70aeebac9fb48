import { z } from 'zod'
import { nodeCommand, shown, textFlag, word, yesFlag } from '../command.ts'
import type { Command } from '../command.ts'

const entry = word(0, 'NODE', 'node id or domain')
const remove = yesFlag('take it off the list again')

export const federationCommands: readonly Command[] = [
  nodeCommand({
    noun: 'federation',
    verb: 'status',
    summary: 'show, for each server and node that serves it, the link and how far behind this node is',
    args: z.strictObject({}),
    examples: ['hearth federation status', 'hearth federation status --json'],
    shape: 'rows',
    columns: [
      { key: 'server', title: 'SERVER' },
      { key: 'name', title: 'NODE' },
      { key: 'link', title: 'LINK' },
      { key: 'lagEvents', title: 'BEHIND', kind: 'number' },
      { key: 'lagSeconds', title: 'SECONDS', kind: 'number' },
      { key: 'backfill', title: 'HISTORY' },
      { key: 'forks', title: 'FORKS', kind: 'number' },
      { key: 'lastError', title: 'LAST ERROR' },
      { key: 'node', title: 'ID' },
    ],
    run: async (node, _input, io) => {
      for (const row of await node.federation.status()) await io.row({ ...row })
      return undefined
    },
  }),
  nodeCommand({
    noun: 'federation',
    verb: 'forks',
    summary: 'list feeds of which a node wrote two histories; from where they part on they count for nothing',
    args: z.strictObject({}),
    examples: ['hearth federation forks', 'hearth federation forks --json'],
    shape: 'rows',
    columns: [
      { key: 'server', title: 'SERVER' },
      { key: 'channel', title: 'CHANNEL' },
      { key: 'name', title: 'NODE' },
      { key: 'at', title: 'VOID FROM', kind: 'number' },
      { key: 'held', title: 'HELD TO', kind: 'number' },
      { key: 'resolved', title: 'DECIDED BY' },
      { key: 'feed', title: 'FEED' },
      { key: 'node', title: 'ID' },
    ],
    run: async (node, _input, io) => {
      for (const row of await node.federation.forks()) await io.row({ ...row })
      return undefined
    },
  }),
  nodeCommand({
    noun: 'federation',
    verb: 'resolve',
    summary: 'decide that of a forked governance feed the branch counts that this node holds, on every node',
    args: z.strictObject({
      feed: word(0, 'FEED', 'a feed of hearth federation forks'),
      as: textFlag('USER', 'act as this user (default: as the operator of the node)'),
    }),
    examples: ['hearth federation resolve mzxw6ytbmfzgk43fmvzgk43fme --as alice --yes'],
    destroys: (input) => `Let the branch of feed ${shown(input, 'feed')} count that is held here?`,
    shape: 'record',
    text: (result) => `${shown(result, 'restored')} events count again, by ${shown(result, 'event')}`,
    run: async (node, input) => ({ ...(await node.federation.resolve(input)) }),
  }),
  nodeCommand({
    noun: 'federation',
    verb: 'allow',
    summary: 'put a node on the list of those that are let in when only those are',
    args: z.strictObject({ entry, remove }),
    examples: ['hearth federation allow friends.example', 'hearth federation allow friends.example --remove'],
    shape: 'record',
    text: (result) => `${shown(result, 'entry')} is ${result['remove'] === true ? 'off' : 'on'} the allow list`,
    run: async (node, input) => {
      await node.federation.setAdmission({ list: 'allow', ...input })
      return input
    },
  }),
  nodeCommand({
    noun: 'federation',
    verb: 'deny',
    summary: 'let a node in no more; a connection that stands is ended',
    args: z.strictObject({ entry, remove }),
    examples: ['hearth federation deny spam.example', 'hearth federation deny spam.example --remove'],
    shape: 'record',
    text: (result) => `${shown(result, 'entry')} is ${result['remove'] === true ? 'off' : 'on'} the deny list`,
    run: async (node, input) => {
      await node.federation.setAdmission({ list: 'deny', ...input })
      return input
    },
  }),
  nodeCommand({
    noun: 'federation',
    verb: 'mode',
    summary: 'let everybody in but those denied (open), or nobody but those allowed (allow)',
    args: z.strictObject({
      mode: z.enum(['open', 'allow']).meta({ position: 0, placeholder: 'MODE', description: 'open or allow' }),
    }),
    examples: ['hearth federation mode allow', 'hearth federation mode open'],
    shape: 'record',
    text: (result) => `mode ${shown(result, 'mode')}`,
    run: async (node, input) => {
      await node.federation.setMode(input.mode)
      return input
    },
  }),
  nodeCommand({
    noun: 'federation',
    verb: 'list',
    summary: 'show who is let in: the mode, and both lists',
    args: z.strictObject({}),
    examples: ['hearth federation list'],
    shape: 'rows',
    columns: [
      { key: 'list', title: 'LIST' },
      { key: 'entry', title: 'NODE' },
    ],
    run: async (node, _input, io) => {
      const { mode, entries } = await node.federation.lists()
      await io.row({ list: 'mode', entry: mode })
      for (const row of entries) await io.row({ ...row })
      return undefined
    },
  }),
]
