#include <chainrule/chainrule.h>
#include <stdio.h>

int main(void)
{
    return puts(cr_version()) < 0;
}
