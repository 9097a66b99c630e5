/**
 * Bad input: mutated images of every kind, launch options of every kind, and guests that do senseless things to every device.
 * Nothing may throw, hang, or take memory without end; what cannot be started gives one clear line.
 * Arguments: images (20000), operations on devices (1000000), first seed (1).
 */
import { runDevices } from './devices';
import { runLaunches } from './launch';
import { runImages } from './programs';

const [images = '20000', operations = '1000000', seed = '1'] = process.argv.slice(2);
/** Sets of launch options for so many images. */
const IMAGES_PER_LAUNCH = 40;
const outcomes = [
  runImages(Number(images), Number(seed)),
  runLaunches(Math.ceil(Number(images) / IMAGES_PER_LAUNCH), Number(seed)),
  runDevices(Number(operations), Number(seed)),
];
const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
