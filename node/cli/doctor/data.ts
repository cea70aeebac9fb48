import { stat } from 'node:fs/promises'
import { HearthError } from '../../../spec/errors.ts'
import type { Finding } from '../../admin/components.ts'
import { lockHolder } from '../../data-folder/lock.ts'
import { ok } from './finding.ts'
import type { DoctorFinding, Patient } from './finding.ts'

/** Does the log hold what it held? `examine` asks the running node, or opens the folder of one that is down. */
export const checkData = async (
  { layout, status, hasData }: Patient,
  { examine, isQuick }: { readonly examine: () => Promise<readonly Finding[]>; readonly isQuick: boolean },
): Promise<DoctorFinding[]> => {
  if (!hasData) return [ok('data', `there is no data yet; hearth up makes ${layout.folder}`)]
  const open = await openToOthers(layout.folder)
  const holder = status === undefined ? await lockHolder(layout) : undefined
  if (holder !== undefined) {
    const what = `a node runs (pid ${holder}) and does not answer on ${layout.adminSocket}`
    const fix = `give it a moment if it just started; otherwise stop it: kill ${holder}, and if that does not help kill -9 ${holder} (nothing acknowledged is lost)`
    return [...open, { check: 'data', level: 'fault', what, why: 'it cannot be administered', fix }]
  }
  try {
    const damage = await examine()
    if (damage.length === 0)
      return [
        ...open,
        ok('data', isQuick ? 'no damage seen; without --quick every event is looked at' : 'every event verifies'),
      ]
    return [...open, ...damage.map((finding) => damaged(`${finding.where}: ${finding.what}`, finding.fix))]
  } catch (error) {
    if (!(error instanceof HearthError)) throw error
    if (error.code === 'CORRUPT' || error.code === 'SCHEMA_NEWER') return [...open, damaged(error.message)]
    const fix = 'mend that, then run hearth doctor again'
    return [...open, { check: 'data', level: 'fault', what: error.message, why: 'the data cannot be read', fix }]
  }
}

const damaged = (what: string, fix?: string): DoctorFinding => ({
  check: 'data',
  level: 'damage',
  what,
  why: 'messages are lost or changed; the node does not serve what it cannot verify',
  fix: `keep a copy of the folder; then ${fix ?? 'restore a backup: hearth backup restore'}`,
})

const openToOthers = async (folder: string): Promise<DoctorFinding[]> => {
  const { mode } = await stat(folder)
  if ((mode & 0o077) === 0) return []
  const what = `${folder} can be entered by other users (mode ${(mode & 0o777).toString(8)})`
  return [{ check: 'data', level: 'warning', what, why: 'it holds the keys of the node', fix: `chmod 700 ${folder}` }]
}
