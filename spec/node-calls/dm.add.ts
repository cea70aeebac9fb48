import { betweenPeople } from './people.ts'

/** FRIEND-22 */
export const dmAddCall = betweenPeople('dm.add')
