import { stat } from 'node:fs/promises'
import { errorTable } from '../../../spec/errors.ts'
import { connectAdmin } from '../../admin/admin-client.ts'
import type { CommandIo } from '../../admin/command.ts'
import type { Finding, Status } from '../../admin/components.ts'
import type { PeerRow } from '../../admin/federation-components.ts'
import { layoutOf } from '../../data-folder/layout.ts'
import { configFor } from '../config.ts'
import { paintFor, wantsColour } from '../io.ts'
import type { CliIo, Paint } from '../io.ts'
import type { Invocation } from '../parse.ts'
import { jsonText, printable } from '../print.ts'
import { progressLine } from '../progress.ts'
import { checkCertificate } from './certificate.ts'
import { checkData } from './data.ts'
import { checkFederation } from './federation.ts'
import type { DoctorFinding, Level, Patient } from './finding.ts'
import { checkClock, checkDisk, checkFileLimit } from './machine.ts'
import { checkPorts } from './ports.ts'

const interruptedExit = 130

const exits: Readonly<Record<Level, number>> = {
  ok: 0,
  warning: 0,
  fault: errorTable.NODE_DOWN.exit,
  damage: errorTable.CORRUPT.exit,
}

/**
 * Looks at the machine, at the node, up or down, and (but for `--quick`) at every event of its log. Exit code 6 on
 * damaged data, 5 on a fault, else 0.
 */
export const runDoctor = async (invocation: Invocation, io: CliIo): Promise<number> => {
  const progress = progressLine(io)
  const interrupt = new AbortController()
  const release = io.onInterrupt(() => interrupt.abort())
  try {
    const { running, findings } = await lookAtAll(invocation, io, {
      row: async () => {},
      progress: (report) => progress.show(report),
      signal: interrupt.signal,
    })
    progress.clear()
    print(findings, { json: invocation.common.json === true, running }, io)
    return Math.max(...findings.map((finding) => exits[finding.level]))
  } catch (error) {
    if (interrupt.signal.aborted) return interruptedExit
    throw error
  } finally {
    progress.clear()
    release()
  }
}

const lookAtAll = async (
  invocation: Invocation,
  io: CliIo,
  call: CommandIo,
): Promise<{ readonly running: boolean; readonly findings: readonly DoctorFinding[] }> => {
  const { config } = configFor(invocation, io)
  const layout = layoutOf(config.data)
  await using client = await connectAdmin(layout.adminSocket)
  const isQuick = invocation.input['quick'] === true
  const examine = async (): Promise<readonly Finding[]> => {
    const answer = await client?.call(isQuick ? 'log check' : 'log verify', {}, call)
    if (answer !== undefined) return answer['findings'] as readonly Finding[]
    const { openStopped } = await import('../../stopped-node.ts')
    await using stopped = await openStopped(layout.folder)
    return isQuick ? stopped.log.quickCheck() : (await stopped.log.verify(call)).findings
  }
  const patient: Patient = {
    config,
    layout,
    status: (await client?.call('status', {}, call)) as Status | undefined,
    hasData: (await stat(layout.store).catch(() => undefined)) !== undefined,
    now: Date.now(),
  }
  const findings = await Promise.all([
    checkData(patient, { examine, isQuick }),
    checkDisk(patient),
    checkPorts(patient),
    checkCertificate(patient),
    checkClock(patient),
    checkFileLimit(patient),
    checkFederation(patient, async () => {
      const rows: PeerRow[] = []
      await client?.call('peer list', {}, { ...call, row: async (row) => void rows.push(row as unknown as PeerRow) })
      return rows
    }),
  ])
  return { running: patient.status !== undefined, findings: findings.flat() }
}

const print = (
  findings: readonly DoctorFinding[],
  how: { readonly json: boolean; readonly running: boolean },
  io: CliIo,
): void => {
  if (how.json) {
    const worse = findings.some((finding) => exits[finding.level] !== 0)
    io.stdout.write(`${jsonText({ ok: !worse, running: how.running, findings }, io.stdout)}\n`)
    return
  }
  const paint = paintFor(wantsColour(io, io.stdout))
  io.stdout.write(`${findings.map((finding) => findingText(finding, paint)).join('\n')}\n`)
  const bad = findings.filter((finding) => finding.level !== 'ok').length
  io.stderr.write(bad === 0 ? 'All is well.\n' : `${bad} to look at.\n`)
}

const findingText = (finding: DoctorFinding, paint: Paint): string => {
  const marks: Readonly<Record<Level, string>> = {
    ok: paint.green('ok     '),
    warning: paint.yellow('warning'),
    fault: paint.red('fault  '),
    damage: paint.red('DAMAGE '),
  }
  return [
    `${marks[finding.level]}  ${finding.check.padEnd(11)}  ${printable(finding.what)}`,
    ...(finding.why === undefined ? [] : [`${' '.repeat(22)}${paint.dim('why:')} ${finding.why}`]),
    ...(finding.fix === undefined ? [] : [`${' '.repeat(22)}${paint.dim('fix:')} ${finding.fix}`]),
  ].join('\n')
}
