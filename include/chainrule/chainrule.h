/* Everything: include this, or the header you need. */
#ifndef CHAINRULE_CHAINRULE_H
#define CHAINRULE_CHAINRULE_H

#include "chainrule/base.h"
#include "chainrule/bench.h"
#include "chainrule/check.h"
#include "chainrule/data.h"
#include "chainrule/explain.h"
#include "chainrule/file.h"
#include "chainrule/list.h"
#include "chainrule/model.h"
#include "chainrule/net.h"
#include "chainrule/train.h"

#endif
