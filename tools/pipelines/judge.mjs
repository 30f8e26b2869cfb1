// judge.mjs PACKAGES ACTION: holds an action for GitHub against GitHub's schema of one, and
// prints the shell of each of its steps that have some, after a line "== NAME".
import {createRequire} from 'node:module';
import {readFileSync} from 'node:fs';
import path from 'node:path';

const [packages, file] = process.argv.slice(2);
const require = createRequire(path.join(path.resolve(packages), 'package.json'));
const {validateAction} = require('@action-validator/core');
const {parse} = require('yaml');

const text = readFileSync(file, 'utf8');
const {errors} = validateAction(text);
if (errors.length > 0) {
	console.error(JSON.stringify(errors, null, 2));
	process.exit(1);
}
if (validateAction(text.replace('using: composite', 'using: nothing')).errors.length === 0) {
	console.error('the judge takes an action that runs by nothing');
	process.exit(1);
}
for (const step of parse(text).runs.steps) {
	if (step.run) {
		console.log(`== ${step.name}\n${step.run}`);
	}
}
