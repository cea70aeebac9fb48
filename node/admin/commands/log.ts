import { z } from 'zod'
import { errorTable } from '../../../spec/errors.ts'
import { dataCommand, localCommand, nodeCommand, numberFlag, textFlag, yesFlag } from '../command.ts'
import type { Command, Row } from '../command.ts'
import type { Finding, VerifyReport } from '../components.ts'

const verifyText = (result: Row): string => {
  const report = result as unknown as VerifyReport
  const walked = `${report.entries} entries in ${report.feeds} feeds`
  if (report.findings.length === 0) return `all is well: ${walked}`
  return [`${report.findings.length} damaged among ${walked}`, ...report.findings.map(findingText)].join('\n')
}

const findingText = (finding: Finding): string =>
  `  ${finding.where}: ${finding.what}${finding.fix === undefined ? '' : `\n    fix: ${finding.fix}`}`

const damageExit = (result: Row): number =>
  (result as unknown as { findings: readonly Finding[] }).findings.length === 0 ? 0 : errorTable.CORRUPT.exit

export const logCommands: readonly Command[] = [
  dataCommand({
    noun: 'log',
    verb: 'verify',
    summary: 'walk every chain and seal of the message log and report damage',
    args: z.strictObject({}),
    examples: ['hearth log verify', 'hearth log verify --json'],
    shape: 'record',
    text: verifyText,
    exit: damageExit,
    run: async (node, _input, io) => ({
      ...(await node.log.verify({ progress: (progress) => io.progress(progress), signal: io.signal })),
    }),
  }),
  dataCommand({
    noun: 'log',
    verb: 'check',
    summary: 'look for damage without walking everything',
    args: z.strictObject({}),
    examples: ['hearth log check'],
    shape: 'record',
    text: (result) => {
      const findings = result['findings'] as readonly Finding[]
      return findings.length === 0 ? 'no damage seen' : findings.map(findingText).join('\n')
    },
    exit: damageExit,
    run: async (node) => ({ findings: await node.log.quickCheck() }),
  }),
  dataCommand({
    noun: 'log',
    verb: 'stats',
    summary: 'count what is in the message log',
    args: z.strictObject({}),
    examples: ['hearth log stats'],
    shape: 'record',
    run: async (node) => ({ ...(await node.log.stats()) }),
  }),
  localCommand({
    noun: 'log',
    verb: 'accept-loss',
    summary: 'let a log open that lost its end, when there is no backup; the node must be down',
    args: z.strictObject({}),
    examples: ['hearth log accept-loss --yes'],
    destroys: () => 'Give up the entries that are missing at the end of the log? A backup may still hold them.',
  }),
  nodeCommand({
    noun: 'log',
    verb: 'tail',
    summary: 'print the newest entries, and new ones as they come',
    args: z.strictObject({
      channel: textFlag('SERVER/CHANNEL', 'only this channel'),
      lines: numberFlag('COUNT', 'how many to begin with', { min: 0, max: 10_000, value: 10 }),
      follow: yesFlag('go on until Ctrl-C'),
    }),
    examples: ['hearth log tail', 'hearth log tail --follow --channel home/general --json'],
    shape: 'stream',
    columns: [
      { key: 'at', title: 'TIME', kind: 'time' },
      { key: 'server', title: 'SERVER' },
      { key: 'channel', title: 'CHANNEL' },
      { key: 'author', title: 'AUTHOR' },
      { key: 'type', title: 'TYPE' },
      { key: 'text', title: 'TEXT' },
    ],
    run: async (node, input, io) => {
      for await (const line of node.log.tail({ ...input, signal: io.signal })) await io.row({ ...line })
      return undefined
    },
  }),
]
